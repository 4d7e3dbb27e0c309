"""What holds of every conversation."""

import copy

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from claudemock.catalog import Model
from claudemock.engine.checks import CheckContext, Endpoint
from claudemock.engine.checks.run import GENERATION_RULES, PROMPT_RULES, topics
from claudemock.engine.checks.subject import survey
from claudemock.wire.errors import ApiError
from claudemock.wire.parse import parse_messages
from tests.checks.cases import ANY_MODEL, Case, Json, refusal, user
from tests.checks.conversations import ANYTHING, MODELS, agent_conversations
from tests.wire.bodies import OLD

STEADY = settings(derandomize=True, deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
ENDPOINTS: tuple[Endpoint, ...] = ("messages", "batch")


@STEADY
@given(agent_conversations())
def test_agents_are_served(conversation: Json) -> None:
    """Whatever a correct agent sends is accepted."""
    error = refusal(Case(name="agent", body=conversation))
    assert error is None, str(error)


@STEADY
@given(agent_conversations(), st.data())
def test_one_fault_is_enough(conversation: Json, data: st.DataObject) -> None:
    """A result that is missing, doubled or given to another call is noticed, wherever it is."""
    results = [
        (number, position)
        for number, message in enumerate(conversation["messages"])
        for position, block in enumerate(message["content"])
        if block["type"] == "tool_result"
    ]
    assume(results)
    number, position = data.draw(st.sampled_from(results))
    broken = copy.deepcopy(conversation)
    content = broken["messages"][number]["content"]
    match data.draw(st.sampled_from(["drop", "double", "swap", "precede"])):
        case "drop":
            del content[position]
        case "double":
            content.insert(position, content[position])
        case "swap":
            content[position]["tool_use_id"] = "toolu_other"
        case _:
            broken["messages"].insert(number, user("Wait."))
    error = refusal(Case(name="broken", body=broken))
    assert error is not None
    assert "tool_use" in error.message or "non-empty content" in error.message


@STEADY
@given(ANYTHING, MODELS, st.sampled_from(ENDPOINTS))
def test_nothing_but_refusals(request: Json, model: Model, endpoint: Endpoint) -> None:
    """A request of the right shape is accepted or refused in the API's own form, never anything else."""
    try:
        error = refusal(Case(name="any", body=request, model=model, endpoint=endpoint))
    except ApiError:  # refused for its shape
        reject()
    assert error is None or (error.status, error.type) == (400, "invalid_request_error")


@STEADY
@given(ANYTHING, MODELS, st.sampled_from(ENDPOINTS))
def test_rules_that_are_not_asked_have_nothing_to_say(request: Json, model: Model, endpoint: Endpoint) -> None:
    """What a rule is said to be about decides whether it is asked at all; a topic forgotten would hide its refusals."""
    try:
        parsed = parse_messages(request, version=OLD, betas=frozenset())
    except ApiError:  # refused for its shape
        reject()
    subject = survey(parsed, CheckContext(model=model, version=OLD, endpoint=endpoint))
    asked = topics(subject)
    assume(subject.turns)  # without any, the first rules end it
    for prompt_rule in PROMPT_RULES:
        if prompt_rule.about.isdisjoint(asked):
            prompt_rule.check(subject)
    for generation_rule in GENERATION_RULES:
        if generation_rule.about.isdisjoint(asked):
            generation_rule.check(parsed, subject)


@STEADY
@given(ANYTHING)
def test_the_answer_depends_on_nothing_else(request: Json) -> None:
    """Asking again gives the same answer."""
    case = Case(name="any", body=request, model=ANY_MODEL)
    try:
        first, second = refusal(case), refusal(case)
    except ApiError:  # refused for its shape
        return
    assert (first and first.message) == (second and second.message)


def test_a_long_conversation_is_served() -> None:
    """Hundreds of turns with two calls each pass."""
    messages: list[Json] = []
    for number in range(300):
        calls = [{"type": "tool_use", "id": f"toolu_{number}_{i}", "name": "t", "input": {}} for i in range(2)]
        results = [{"type": "tool_result", "tool_use_id": each["id"], "content": "ok"} for each in calls]
        messages += [{"role": "assistant", "content": calls}, {"role": "user", "content": results}]
    error = refusal(Case(name="long", body={"model": "m", "max_tokens": 1, "messages": [user("a"), *messages]}))
    assert error is None


def test_a_hundred_thousand_system_messages() -> None:
    """As many messages as the API takes, all of them instructions, are judged in one pass."""
    messages = [user("a"), *[{"role": "system", "content": "b"}] * 99_998, user("c")]
    error = refusal(Case(name="instructed", body={"model": "m", "max_tokens": 1, "messages": messages}))
    assert error is not None
    assert error.message.startswith("messages.1: role 'system' must precede")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_greeting_is_served(endpoint: Endpoint) -> None:
    """The smallest request passes on every endpoint."""
    assert (
        refusal(
            Case(name="greeting", body={"model": "m", "max_tokens": 1, "messages": [user("Hi")]}, endpoint=endpoint)
        )
        is None
    )
