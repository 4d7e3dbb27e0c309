"""`count_tokens` says what `usage` says: with the cache, with edits, with anything a prompt may hold."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claudemock.control.client import MockServer
from tests.checks.cases import EPHEMERAL, HOUR, Json, user
from tests.checks.conversations import agent_conversations
from tests.citations.requests import found, made_of, pdf, plain
from tests.wire_client import send

BETAS: dict[str, str | None] = {"anthropic-beta": "context-management-2025-06-27,compact-2026-01-12"}
MODELS = st.sampled_from(["claude-opus-4-8", "claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-5"])
SOURCES: Any = [
    [plain("One. Two."), pdf("A page.")],
    [made_of("A block.", "Another.")],
    [found("A result.")],
    [{"type": "text", "text": "All work and no play. " * 500, "cache_control": EPHEMERAL}],
]
EXTRAS = st.fixed_dictionaries(
    {},
    optional={
        "tool_choice": st.sampled_from([{"type": "auto"}, {"type": "none"}]),
        "cache_control": st.sampled_from([EPHEMERAL, HOUR]),
        "system": st.sampled_from(["Be brief.", [{"type": "text", "text": "Work and play. " * 400}]]),
        "output_config": st.just({"effort": "low"}),
        "context_management": st.sampled_from(
            [
                {"edits": [{"type": "clear_tool_uses_20250919", "trigger": {"type": "tool_uses", "value": 0}}]},
                {"edits": []},
            ]
        ),
    },
)
GENERATION = ("max_tokens",)


@settings(
    derandomize=True,
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(agent_conversations(), MODELS, EXTRAS, st.lists(st.sampled_from(SOURCES), max_size=1))
def test_counting_and_usage_agree(
    server: MockServer, conversation: Json, model: str, extras: Json, sources: list[Any]
) -> None:
    """Whatever is counted is what a request for a message pays for, cached or not; what one refuses the other does."""
    first = [user(*sources[0], "Look at this.")] if sources else []
    body = {**conversation, "model": model, **extras, "messages": [*first, *conversation["messages"]]}
    answered = send(server, "POST", "/v1/messages", body, BETAS)
    counting = {key: value for key, value in body.items() if key not in GENERATION}
    counted = send(server, "POST", "/v1/messages/count_tokens", counting, BETAS)
    if answered.status != 200:
        assert answered.error == counted.error
        return
    usage = answered.json["usage"]
    paid = [usage[name] for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")]
    assert sum(paid) == counted.json["input_tokens"]
