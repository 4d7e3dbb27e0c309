"""The form of the tables: a request, the model and headers it is judged by, and what the API says to it.

Models are made by hand, so that a table shows the one property that a rule depends on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from claudemock.catalog import Model
from claudemock.engine.checks import CheckContext, Endpoint, check
from claudemock.wire.errors import ApiError
from claudemock.wire.parse import parse_count_tokens, parse_messages

Json = dict[str, Any]

TOOL: Json = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
OTHER_TOOL: Json = {**TOOL, "name": "get_time"}
EPHEMERAL: Json = {"type": "ephemeral"}
HOUR: Json = {"type": "ephemeral", "ttl": "1h"}
THINKING: Json = {"type": "thinking", "thinking": "Hm.", "signature": "EqQBsig"}
BUDGET: Json = {"type": "enabled", "budget_tokens": 1024}
ADAPTIVE: Json = {"type": "adaptive"}
SCHEMA: Json = {"type": "json_schema", "schema": {"type": "object", "properties": {}, "additionalProperties": False}}


def model(**columns: Any) -> Model:
    """A model that takes all there is, except what `columns` say."""
    everything: Json = {
        "id": "claude-test-1",
        "display_name": "Claude Test 1",
        "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": "active",
        "max_output": 64_000,
        "thinking": frozenset({"adaptive", "enabled", "disabled", "between_tools"}),
        "interleaved_thinking": "beta",
        "effort": ("low", "medium", "high", "max"),
        "system_messages": True,
        "structured_outputs": True,
        "fast_mode": "ga",
        "inference_geo": "global",
    }
    return Model(**{**everything, **columns})


ANY_MODEL = model()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of a table; without `message` the API accepts the request."""

    name: str
    body: Json
    message: str | None = None
    model: Model = ANY_MODEL
    betas: frozenset[str] = frozenset()
    endpoint: Endpoint = "messages"
    details: Mapping[str, Any] | None = None
    version: str = field(default="2023-06-01")

    def __str__(self) -> str:
        return self.name


def body(*messages: Json, **fields: Any) -> Json:
    """The body of a request for a message; without messages, a user's greeting."""
    return {
        "model": "claude-test-1",
        "max_tokens": 2048,
        "messages": list(messages) or [user("Hello")],
        **fields,
    }


def user(*content: str | Json) -> Json:
    """A user message of blocks; strings are text blocks."""
    return {"role": "user", "content": [text(part) if isinstance(part, str) else part for part in content]}


def assistant(*content: str | Json) -> Json:
    """An assistant message of blocks; strings are text blocks."""
    return {**user(*content), "role": "assistant"}


def system(*content: str | Json, **fields: Any) -> Json:
    """A system message of blocks; strings are text blocks."""
    return {**user(*content), "role": "system", **fields}


def text(words: str, **fields: Any) -> Json:
    """A text block."""
    return {"type": "text", "text": words, **fields}


def call(name: str, **fields: Any) -> Json:
    """A `tool_use` block with the id `name`."""
    return {"type": "tool_use", "id": name, "name": "get_weather", "input": {}, **fields}


def result(name: str, *content: Json, **fields: Any) -> Json:
    """A `tool_result` block for the call with the id `name`."""
    return {"type": "tool_result", "tool_use_id": name, "content": list(content), **fields}


def server_call(name: str, tool: str = "web_search") -> Json:
    """A `server_tool_use` block with the id `srvtoolu_` and `name`."""
    return {"type": "server_tool_use", "id": f"srvtoolu_{name}", "name": tool, "input": {"query": "x"}}


def server_result(name: str) -> Json:
    """The result of a web search with the id `srvtoolu_` and `name`."""
    return {"type": "web_search_tool_result", "tool_use_id": f"srvtoolu_{name}", "content": []}


def refusal(case: Case) -> ApiError | None:
    """What the checks say to a case, None if they accept it."""
    context = CheckContext(model=case.model, version=case.version, betas=case.betas, endpoint=case.endpoint)
    if case.endpoint == "count_tokens":
        counted = {name: value for name, value in case.body.items() if name != "max_tokens"}
        request: Any = parse_count_tokens(counted, version=case.version, betas=case.betas)
    else:
        request = parse_messages(case.body, version=case.version, betas=case.betas)
    try:
        check(request, context)
    except ApiError as error:
        return error
    return None


def assert_answer(case: Case) -> None:
    """The checks answer a case as its row says."""
    error = refusal(case)
    if case.message is None:
        assert error is None, str(error)
        return
    assert error is not None, "accepted"
    assert (error.status, error.type, error.message) == (400, "invalid_request_error", case.message)
    assert error.details == case.details
