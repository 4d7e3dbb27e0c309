"""Requests that reports show: never a secret, and of prompts only as much as the user said."""

import json
from typing import Any, Literal

import pytest

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import Finding
from claudemock_contracts.report.compared import compared
from tests.report.conftest import finding

SECRET = "sk-ant-api03-" + "x" * 40
OPAQUE = "correct horse battery staple"
LONG = "a long story " * 40
BODY = {
    "model": "claude-opus-4-8",
    "system": LONG,
    "metadata": {"user_id": "someone@example.com", "id": "customer 7"},
    "mcp_servers": [{"type": "url", "name": "files", "authorization_token": OPAQUE}],
    "messages": [
        {"role": "user", "content": "Who is Jane Doe?"},
        {
            "role": "assistant",
            "content": [
                {
                    "type": "tool_use",
                    "id": "toolu_1",
                    "name": "find",
                    "input": {"name": f"Jane Doe {SECRET}", "id": LONG},
                }
            ],
        },
    ],
}


def shown(redact: Literal["fragments", "hashes", "off"], *ids: str) -> dict[str, Any]:
    """The requests of a finding on exchanges with these ids."""
    exchanges = [
        Exchange(id=name, method="POST", path="/v1/messages", body=BODY, status=200)
        for name in ids or ("exch_1", "exch_2")
    ]
    made = Finding(**{key: value for key, value in finding().items() if key != "count"})
    return compared([made], exchanges, redact)


@pytest.mark.parametrize("redact", ["fragments", "hashes", "off"])
def test_secrets_are_never_shown(redact: Literal["fragments", "hashes", "off"]) -> None:
    """Wherever they are, also where the user wants to see whole prompts."""
    text = json.dumps(shown(redact))
    assert SECRET not in text
    assert OPAQUE not in text


def test_hashes_show_no_text_of_a_prompt() -> None:
    """A tool's input may call its fields as the API does: `name` and `id` there are the user's, not the API's."""
    text = json.dumps(shown("hashes"))
    assert "Jane" not in text
    assert "customer 7" not in text
    assert "example.com" not in text
    body = shown("hashes")["exch_1"]["body"]
    call = body["messages"][1]["content"][0]
    assert (body["model"], call["type"], call["name"], call["id"]) == ("claude-opus-4-8", "tool_use", "find", "toolu_1")


def test_fragments_are_short() -> None:
    """Enough to recognise a text, with its length and digest to compare it by."""
    system = shown("fragments")["exch_1"]["body"]["system"]
    assert len(system) < 250
    assert system.startswith("a long story")
    assert "(520 characters, " in system
    assert shown("off")["exch_1"]["body"]["system"] == LONG


def test_ids_that_two_recordings_share_are_left_out() -> None:
    """Rather no request than another one's."""
    assert set(shown("fragments", "exch_1", "exch_2", "exch_2")) == {"exch_1"}
