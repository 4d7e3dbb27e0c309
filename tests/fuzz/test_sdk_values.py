"""Whatever the official SDK's types let a program send is served or refused, by every endpoint that takes it.

As with `test_bad_input`, `CLAUDEMOCK_FUZZ` is the number of bodies; ten thousand are all of them.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from anthropic.types.beta import message_create_params

from claudemock import serve
from tests.checks.cases import EPHEMERAL, user
from tests.fuzz.test_bad_input import BUDGET
from tests.wire.sdk_values import ALL_BETAS, objects
from tests.wire_client import HEADERS

CLEARED = {"type": "clear_tool_uses_20250919", "trigger": {"type": "tool_uses", "value": 0}}
FURTHER = {  # what makes the server look at the rest in more ways
    "cache_control": EPHEMERAL,
    "context_management": {"edits": [CLEARED]},
    "diagnostics": {"previous_message_id": None},
    "thinking": {"type": "adaptive"},
}
PROMPT = {"cache_control", "context_management", "mcp_servers", "messages", "output_config", "system", "thinking"}
PROMPT |= {"tool_choice", "tools"}
MODEL = "claude-opus-4-8"


def requests() -> Iterator[dict[str, Any]]:
    """Each of the SDK's bodies, with further parameters where it leaves them out, and a user who has the last word."""
    bodies = objects(message_create_params.MessageCreateParamsNonStreaming)
    for body in bodies[:: max(len(bodies) // BUDGET, 1)]:
        turns = [user("a"), *body["messages"], user("b")]
        yield {**FURTHER, **body, "model": MODEL, "max_tokens": 2048, "messages": turns}


def post(connection: HTTPConnection, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
    """The status, and the answer where it is JSON."""
    connection.request("POST", path, json.dumps(body), {**HEADERS, "anthropic-beta": ",".join(ALL_BETAS)})
    response = connection.getresponse()
    raw = response.read()
    return response.status, json.loads(raw) if response.headers.get_content_subtype() == "json" else None


def test_no_request_of_the_sdk_is_too_much() -> None:
    """A field that one part of the server knows and another does not would be a 500; counting counts what is paid."""
    served = 0
    with serve() as server, closing(HTTPConnection(urlsplit(server.base_url).netloc, timeout=30)) as connection:
        for body in requests():
            status, answer = post(connection, "/v1/messages", body)
            assert status in (200, 400, 404), body
            if status != 200 or answer is None:
                continue
            served += 1
            prompt = {name: body[name] for name in ("model", *PROMPT) if name in body}
            status, counted = post(connection, "/v1/messages/count_tokens", prompt)
            if status == 200 and counted is not None:
                paid = [value for name, value in answer["usage"].items() if name.endswith("input_tokens")]
                assert sum(paid) == counted["input_tokens"], body
    assert served > BUDGET / 4
