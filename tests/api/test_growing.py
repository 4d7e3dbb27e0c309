"""Conversations that are sent again and again: what is remembered of them never changes an answer."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claudemock.api.growing import LEAST, Body, Conversations
from claudemock.api.outline import message_starts
from claudemock.api.turn import Intake
from claudemock.engine.message import Turn
from claudemock.script.book import Script
from claudemock.settings import Settings
from claudemock.wire.errors import ApiError
from claudemock.world import World
from tests.checks.cases import BUDGET, EPHEMERAL, THINKING, Json, assistant, call, result, text, user
from tests.checks.conversations import ANYTHING, DOCUMENT, agent_conversations
from tests.unit.test_journal import made

STEADY = settings(derandomize=True, deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
PADDING = "All work and no play. " * 400
MODELS = ("claude-opus-4-8", "claude-haiku-4-5", "claude-opus-5-5")
COMPACTION: Json = {"type": "compaction", "content": "They spoke of rain."}
SEARCH: Json = {
    "type": "search_result",
    "source": "s",
    "title": "t",
    "content": [text("Rain.")],
    "citations": {"enabled": True},
}
WEB: Json = {"type": "web_search_20250305", "name": "web_search"}
CALLED = [assistant(THINKING, "A call.", call("toolu_1")), user(result("toolu_1"))]
BETAS = frozenset({"compact-2026-01-12"})
HEADERS = [(b"host", b"x"), (b"anthropic-beta", b"compact-2026-01-12")]
STYLES: tuple[Json, ...] = ({}, {"indent": 1}, {"separators": (",", ":"), "ensure_ascii": False}, {"sort_keys": True})
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.sampled_from(["", "[{", '"', "\\", '"messages":[{', "é"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "messages", "[", '"messages"']), inner, max_size=3),
    ),
    max_leaves=8,
)


@st.composite
def histories(draw: st.DrawFn) -> list[Json]:
    """Requests one after another: most go on with the last one, some change it, some are wrong."""
    request = draw(st.one_of(agent_conversations(), ANYTHING))
    always = {"model": draw(st.sampled_from(MODELS)), "diagnostics": {"previous_message_id": None}}
    request = {**request, **always, "messages": [user(PADDING), *request["messages"]]}
    sent = [request]
    for _ in range(draw(st.integers(1, 4))):
        messages = list(request["messages"])
        match draw(st.sampled_from(["grow", "grow", "call", "call", "more", "stray", "cut", "extra", "else"])):
            case "grow":
                messages += draw(st.one_of(agent_conversations(), ANYTHING))["messages"]
            case "call":
                name = f"toolu_{len(messages)}"
                answered = {**result(name, text("4 °C")), "cache_control": EPHEMERAL}
                thought = draw(st.lists(st.just(THINKING), max_size=1))
                messages += [assistant(*thought, "Yes.", call(name)), user(answered)]
            case "more":
                messages.append(user("More."))
            case "stray":
                messages[-1] = user(result("toolu_stray"))
            case "cut":
                messages = messages[: draw(st.integers(1, len(messages)))]
            case "extra":
                extra = draw(st.sampled_from([COMPACTION, SEARCH, {**DOCUMENT, "citations": {"enabled": True}}]))
                role = "assistant" if extra is COMPACTION else "user"
                messages += [{"role": role, "content": [extra]}, user("And?")]
            case _:
                request = {**request, **draw(ANYTHING)} | {"model": draw(st.sampled_from(MODELS))}
                request["tools"] = draw(st.sampled_from([[], [WEB]])) + request.get("tools", [])
        request = {**request, "messages": messages}
        sent.append(_marked(request) if draw(st.booleans()) else request)
    return sent


def _marked(request: Json) -> Json:
    """With a cache breakpoint on the last block, where it may be."""
    *former, last = request["messages"]
    content = last["content"]
    if not isinstance(content, list) or not content or content[-1]["type"] == "thinking":
        return request
    return {
        **request,
        "messages": [*former, {**last, "content": [*content[:-1], {**content[-1], "cache_control": EPHEMERAL}]}],
    }


def answer(world: World, intake: Intake, raw: bytes) -> Turn | str:
    """The turn, or what the request is refused with."""
    exchange = made(body=raw, headers=HEADERS, version="2023-06-01", betas=BETAS)
    try:
        look = intake.look(exchange)
        return intake.turn(world.scope("s"), exchange, b"\0" * 16, look)
    except ApiError as error:
        return f"{error.status} {error.message}"


def facts(turn: Turn | str) -> Any:
    """All that is read from a request."""
    if isinstance(turn, str):
        return turn
    prompt = turn.plan.prompt if turn.plan else None
    read = prompt and (list(prompt.segments()), list(prompt.breakpoints), prompt.fingerprint(), prompt.input_tokens)
    return turn.request, turn.model.id, turn.input_tokens, turn.cited, turn.reply, read


@STEADY
@given(histories(), st.sampled_from(STYLES), st.sampled_from(["full", "wire"]))
def test_what_is_remembered_changes_nothing(history: list[Json], style: Json, checks: Any) -> None:
    """A server that knows how a conversation began reads it as one that sees it for the first time, errors included."""
    world = World(Settings(checks=checks), Script())
    knowing = Intake(world)
    for request in history:
        raw = json.dumps(request, **style).encode()
        assert facts(answer(world, knowing, raw)) == facts(answer(world, Intake(world), raw))


@pytest.mark.parametrize(
    "model, former, new",
    [
        pytest.param(MODELS[0], [user("Hi."), user("More.")], [user(result("toolu_no"))], id="a turn goes on wrongly"),
        pytest.param(MODELS[0], CALLED, [assistant("Next.", call("toolu_1"))], id="an id is used again"),
        pytest.param(MODELS[0], CALLED, [assistant("Or?", call("toolu_2")), user("No.")], id="a call is not answered"),
        pytest.param(MODELS[1], CALLED, [assistant("Done."), user("And now?")], id="thinking becomes a former turn's"),
        pytest.param(MODELS[0], CALLED, [user(SEARCH)], id="a citable source comes late"),
    ],
)
def test_the_beginning_still_counts(model: str, former: list[Json], new: list[Json]) -> None:
    """What is new may change what the beginning means, or be wrong because of it."""
    world = World(Settings(), Script())
    knowing = Intake(world)
    thinking = {"thinking": BUDGET} if model == MODELS[1] else {}
    first = {"model": model, "max_tokens": 4096, "messages": [user(PADDING), *former], "cache_control": EPHEMERAL}
    accepted = answer(world, knowing, json.dumps(first | thinking).encode())
    assert isinstance(accepted, Turn), accepted
    raw = json.dumps(first | thinking | {"messages": [user(PADDING), *former, *new]}).encode()
    look = knowing.look(made(body=raw, headers=HEADERS, version="2023-06-01", betas=BETAS))
    assert look is not None
    assert look[1] is not None
    assert look[1].messages
    assert facts(answer(world, knowing, raw)) == facts(answer(world, Intake(world), raw))


@pytest.mark.parametrize(
    "new, refused",
    [(1, False), (2, False), (True, True), (1.0, False), ("1", True), (None, False)],
    ids=["the same", "other", "equal in Python only", "spelled otherwise", "of another type", "left out"],
)
def test_tools_are_known_by_how_they_were_sent(new: object, refused: bool) -> None:
    """Tools that were sent before need no further look, and only those: `true` is no number, though equal to 1."""
    world = World(Settings(), Script())
    knowing = Intake(world)

    def sent(least: object, messages: list[Json]) -> bytes:
        schema = {"type": "object", "properties": {"city": {"type": "string", "minLength": least}}}
        tools = [] if least is None else [{"name": "weather", "input_schema": schema}]
        return orjson.dumps({"model": MODELS[0], "max_tokens": 9, "messages": messages, "tools": tools})

    before = [user(PADDING), user("Hi.")]
    accepted = answer(world, knowing, sent(1, before))
    assert isinstance(accepted, Turn), accepted
    again = answer(world, knowing, sent(new, [*before, user("More.")]))
    assert facts(again) == facts(answer(world, Intake(world), sent(new, [*before, user("More.")])))
    assert isinstance(again, str) == refused


def test_a_turn_costs_what_is_new(monkeypatch: Any) -> None:
    """Of a conversation that goes on with its marker moved, only the new turn is parsed and validated."""
    world = World(Settings(), Script())
    intake = Intake(world)
    parsed: list[int] = []

    def parse(raw: bytes) -> Any:
        parsed.append(len(raw))
        return orjson.loads(raw)

    monkeypatch.setattr("claudemock.api.accept.parse_json", parse)
    messages, sizes = [user("Begin. " + PADDING)], []
    for number in range(100):
        raw = orjson.dumps(_marked({"max_tokens": 9, "messages": messages, "model": MODELS[0]}))
        assert isinstance(answer(world, intake, raw), Turn)
        sizes.append(len(raw))
        messages = [*messages, assistant(f"{number} {PADDING}"), user("Go on.")]
    assert parsed[0] == sizes[0]
    assert sum(sizes) > 40 * sum(parsed)


@given(
    JSON, st.lists(st.dictionaries(st.sampled_from("ab"), JSON, max_size=2), max_size=4), JSON, st.sampled_from(STYLES)
)
def test_messages_are_found(before: Any, messages: list[Any], after: Any, style: Json) -> None:
    """Each message begins where the outline says, whatever stands around and in it."""
    raw = json.dumps({"before": before, "messages": messages, "z": after}, **style).encode()
    starts = message_starts(raw)
    parser = json.JSONDecoder()
    assert [parser.raw_decode(raw[start:].decode())[0] for start in starts] == messages


def test_what_only_a_parser_can_tell_is_left_to_it() -> None:
    """Names that are there twice, or spelled with escapes, and messages that are no list."""
    for raw in (
        b'{"messages": [{}], "messages": [{}, {}]}',
        b'{"messages": [{}], "\\u006dessages": [{}, {}]}',
        b'{"\\u006dessages": [{}]}',
        b'{"messages": {"a": [{}]}}',
        b'{"messages": "[{}]", "a": [{}]}',
        b'[{"messages": [{}]}]',
    ):
        assert message_starts(raw) == [], raw


@STEADY
@given(histories())
def test_a_digest_depends_on_the_bytes_alone(history: list[Json]) -> None:
    """The digest that ids derive from is the same whether the hash went on from an earlier body or began anew."""
    conversations: Conversations[int] = Conversations()
    for number, request in enumerate(history):
        raw = json.dumps(request).encode()
        body, opening = conversations.look("key", raw)
        assert body.digest == Body(raw).digest
        if opening is not None and opening.rest:
            rest = orjson.loads(opening.rest)
            assert opening.messages + len(rest["messages"]) == len(request["messages"])
        if opening is None or opening.rest:
            conversations.keep("key", body, number, opening)


def test_what_is_kept_is_bounded() -> None:
    """Conversations seen long ago are forgotten, and of one conversation only its last request is kept."""
    conversations: Conversations[bytes] = Conversations()
    raws = [b'{"messages": [{"n": "%06d"}, {"x": "%s"}, {}]}' % (number, b"x" * LEAST * 50) for number in range(40)]
    for raw in raws:
        body, opening = conversations.look("key", raw)
        assert opening is None
        conversations.keep("key", body, raw, opening)
    known = [raw for raw in raws if conversations.look("key", raw)[1] is not None]
    assert known == raws[-len(known) :]
    assert sum(map(len, known)) <= 8_000_000
    assert len(known) > 10
