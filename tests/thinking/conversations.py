"""Conversations with thinking as clients replay them, signed by the server's own code."""

from typing import Any

from claudemock.catalog import Model
from claudemock.engine.signing import sign_thinking
from claudemock.wire.parse import parse_messages
from tests.checks.cases import TOOL, assistant, body, call, model, result, text, user

Json = dict[str, Any]

UNBOUND = model()
BOUND = model(id="claude-opus-9-5", line="opus", thinking_bound=True)
BOUND_FABLE = model(id="claude-fable-5-2", line="fable", thinking_bound=True)
ADAPTIVE: Json = {"type": "adaptive"}
CONTROLS = frozenset({"thinking-binding-controls-2026-08-01"})


def thought(said: str = "The user wants the weather.") -> Json:
    """Thinking as a script gives it, unsigned."""
    return {"type": "thinking", "thinking": said}


def request(*messages: Json, **fields: Any) -> Json:
    """A request with a tool and adaptive thinking."""
    return body(*messages, **{"thinking": ADAPTIVE, "tools": [TOOL], "system": "Be kind.", **fields})


def answered(asked: Json, by: Model, *content: Json, betas: frozenset[str] = CONTROLS) -> Json:
    """What `by` answers to `asked`, as the assistant message that a client sends back."""
    parsed = parse_messages(asked, version="2023-06-01", betas=betas)
    return assistant(*sign_thinking(content, parsed, by))


def open_turn(by: Model, *content: Json, **fields: Any) -> Json:
    """A tool turn that waits for its answer: question, thinking and call, result."""
    asked = request(user("How warm is it in Oslo?"), **fields)
    reply = answered(asked, by, *(content or (thought(), call("toolu_1"))))
    return {**asked, "messages": [*asked["messages"], reply, user(result("toolu_1"))]}


def closed_turn(by: Model, *content: Json, **fields: Any) -> Json:
    """A question, its answer, and the next question."""
    asked = request(user("Hello"), **fields)
    reply = answered(asked, by, *(content or (thought(), text("Hi."))))
    return {**asked, "messages": [*asked["messages"], reply, user("And now?")]}
