"""What the mock may answer with."""

import re
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from claudemock.wire.events import Event
from claudemock.wire.output import Message, parse_output_blocks

USAGE = {"input_tokens": 8, "output_tokens": 1}
MESSAGE = {
    "model": "claude-sonnet-5",
    "id": "msg_01",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "text", "text": "Hi"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "stop_details": None,
    "usage": USAGE,
}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "text", "text": "a"},
        {"type": "thinking", "thinking": "t"},
        {"type": "thinking"},
        {"type": "tool_use", "name": "f"},
        {"type": "tool_use", "name": "f", "input": {"a": 1}, "id": "toolu_01", "caller": {"type": "direct"}},
        {"type": "server_tool_use", "name": "web_search", "input": {}},
        {"type": "compaction", "content": None, "something_new": 1},
    ],
)
def test_scripted_blocks_may_leave_out_what_the_server_makes(block: dict[str, Any]) -> None:
    """Ids, inputs and signatures are the server's business, and the API's new fields are nobody's fault."""
    parse_output_blocks([block])


@pytest.mark.parametrize(
    "block, message",
    [
        ({"type": "text"}, "1.text.text: Field required"),
        ({"text": "a"}, "1.type: Field required"),
        ({"type": "tool_use"}, "1.tool_use.name: Field required"),
        ({"type": "tool_use", "name": "f", "input": "{}"}, "1.tool_use.input: Input should be an object"),
        (
            {"type": "text", "text": "a", "citations": [{"type": "char_location"}]},
            "1.text.citations.0.char_location.cited_text: Field required",
        ),
    ],
)
def test_a_script_s_mistake_is_named_with_its_place(block: dict[str, Any], message: str) -> None:
    """The person who wrote the script sees which block and which field."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_output_blocks([{"type": "text", "text": "fine"}, block])


@pytest.mark.parametrize("missing", ["id", "model", "content", "stop_reason", "stop_sequence", "usage"])
def test_a_message_has_all_its_keys(missing: str) -> None:
    """Clients read these without asking whether they are there."""
    assert Message.model_validate(MESSAGE).usage.output_tokens == 1
    with pytest.raises(ValidationError):
        Message.model_validate({key: value for key, value in MESSAGE.items() if key != missing})


EVENTS = [
    {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "E"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": USAGE},
    {"type": "message_stop"},
    {"type": "error", "error": {"details": None, "type": "overloaded_error", "message": "Overloaded"}},
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event["type"])
def test_an_event_has_all_its_keys(event: dict[str, Any]) -> None:
    """Each event of a stream is accepted whole and refused when a key is missing."""
    adapter: TypeAdapter[Any] = TypeAdapter(Event)
    assert adapter.validate_python(event).type == event["type"]
    for key in event:
        with pytest.raises(ValidationError):
            adapter.validate_python({name: value for name, value in event.items() if name != key})
