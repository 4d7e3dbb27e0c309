"""Thinking that clients send back: what is refused, in the API's words, and what is not."""

from copy import deepcopy
from typing import Any

import pytest

from claudemock import serve
from claudemock.catalog import Model
from claudemock.engine.checks.signatures import check_issued, check_signatures
from claudemock.engine.checks.subject import CheckContext, Endpoint, Subject, survey
from claudemock.wire.errors import ApiError
from claudemock.wire.parse import parse_messages
from tests.checks.cases import assistant, call, model, result, text, user
from tests.thinking.conversations import BOUND, CONTROLS, UNBOUND, answered, closed_turn, open_turn, request, thought
from tests.wire_client import send

Json = dict[str, Any]
FOREIGN = {"type": "thinking", "thinking": "Hm.", "signature": "EuMDCmMIDRgCKkB1eZPfjnRcxmoW99Zm"}
INVALID = "messages.1.content.0: Invalid `signature` in `thinking` block"
MODIFIED = (
    "messages.1.content.{}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
    "modified. These blocks must remain as they were in the original response."
)
REDACTED: Json = {"type": "redacted_thinking"}


def subject(data: Json, judged_by: Model, betas: frozenset[str] = CONTROLS, endpoint: Endpoint = "messages") -> Subject:
    """The request as the checks see it."""
    context = CheckContext(model=judged_by, version="2023-06-01", betas=betas, endpoint=endpoint)
    return survey(parse_messages(data, version="2023-06-01", betas=betas), context)


def strict(data: Json) -> Subject:
    """The same where only our own signatures pass."""
    found = subject(data, UNBOUND)
    return found._replace(context=found.context._replace(own_signatures=True))


def refusal(
    data: Json, judged_by: Model, betas: frozenset[str] = CONTROLS, endpoint: Endpoint = "messages"
) -> str | None:
    """What the API says to a request; None if it accepts it."""
    try:
        check_signatures(subject(data, judged_by, betas, endpoint))
    except ApiError as error:
        return f"{error.status} {error.type}: {error.message}".removeprefix("400 invalid_request_error: ")
    return None


def blocks(data: Json) -> list[Json]:
    """The content of the assistant message of an open or closed turn, to be changed by a test."""
    content: list[Json] = data["messages"][1]["content"]
    return content


def flipped(signature: str) -> str:
    """A signature with one character changed."""
    return signature[:100] + ("A" if signature[100] != "A" else "B") + signature[101:]


@pytest.mark.parametrize("by", [UNBOUND, BOUND], ids=["free", "bound"])
def test_thinking_returned_as_it_came_is_accepted(by: Model) -> None:
    """The rule for clients: send back what you got, in open turns and closed ones."""
    parts = (thought(), text("Let me look."), thought("Again."), call("toolu_1"))
    assert refusal(open_turn(by), by) is None
    assert refusal(open_turn(by, *parts), by) is None
    assert refusal(closed_turn(by), by) is None


def test_what_the_real_api_signed_is_accepted_unless_only_ours_may_pass() -> None:
    """Recorded conversations can be replayed; the strict rule refuses what we did not issue."""
    data = request(user("Hi"), assistant(FOREIGN, call("toolu_1")), user(result("toolu_1")))
    assert refusal(data, UNBOUND) is None
    assert refusal(data, BOUND) is None
    check_issued(subject(data, UNBOUND))
    with pytest.raises(ApiError) as caught:
        check_issued(strict(data))
    assert caught.value.message == INVALID
    check_issued(strict(open_turn(UNBOUND)))


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_a_server_may_take_only_its_own_signatures(path: str) -> None:
    """With the setting, thinking that this server served comes back, and a made-up signature does not."""
    with serve(thinking_signatures="own") as server:
        server.reply({"thinking": "Hm.", "text": "Yes."})
        fields: Json = {"model": "claude-opus-4-8", "thinking": {"type": "adaptive"}}
        if "count" not in path:
            fields["max_tokens"] = 2048
        asked = send(server, "POST", "/v1/messages", {**fields, "max_tokens": 2048, "messages": [user("Hi")]})
        turns = [user("Hi"), assistant(*asked.json["content"]), user("Sure?")]
        assert send(server, "POST", path, {**fields, "messages": turns}).status == 200
        turns[1]["content"][0]["signature"] = FOREIGN["signature"]
        assert send(server, "POST", path, {**fields, "messages": turns}).error[2] == INVALID


@pytest.mark.parametrize("turn", [open_turn, closed_turn])
@pytest.mark.parametrize("by", [UNBOUND, BOUND], ids=["free", "bound"])
def test_an_altered_signature_is_refused_anywhere(by: Model, turn: Any) -> None:
    """Q9, whichever turn it is in and whatever is asked for mismatches."""
    data = turn(by)
    blocks(data)[0]["signature"] = flipped(blocks(data)[0]["signature"])
    data["thinking"] = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
    assert refusal(data, by) == INVALID


def test_an_empty_signature_is_refused() -> None:
    """Clients that assemble a stream without its signature_delta send one."""
    data = open_turn(UNBOUND)
    blocks(data)[0]["signature"] = ""
    assert refusal(data, UNBOUND) == INVALID


def test_altered_redacted_data_is_refused() -> None:
    """The same for thinking that the client cannot read, in its own words."""
    data = open_turn(UNBOUND, REDACTED, call("toolu_1"))
    assert refusal(data, UNBOUND) is None
    blocks(data)[0]["data"] = flipped(blocks(data)[0]["data"])
    assert refusal(data, UNBOUND) == "messages.1.content.0: Invalid `data` in `redacted_thinking` block"


def test_a_signature_is_no_redacted_data() -> None:
    """Clients have taken a block with empty text for a redacted one and sent the signature as its data."""
    data = open_turn(UNBOUND)
    blocks(data)[0] = {"type": "redacted_thinking", "data": blocks(data)[0]["signature"]}
    assert refusal(data, UNBOUND) == "messages.1.content.0: Invalid `data` in `redacted_thinking` block"


@pytest.mark.parametrize("edit", [str.strip, str.upper, lambda _: ""], ids=["trimmed", "edited", "emptied"])
def test_an_edited_text_is_refused_in_an_open_turn_only(edit: Any) -> None:
    """Q7 in the latest assistant message; older turns may hold what they like."""
    data = open_turn(UNBOUND, thought("One two.\n"), call("toolu_1"))
    blocks(data)[0]["thinking"] = edit(blocks(data)[0]["thinking"])
    assert refusal(data, UNBOUND) == MODIFIED.format(0)
    data["messages"] += [assistant("4 °C."), user("Thanks")]
    assert refusal(data, UNBOUND) is None


def test_text_put_into_an_omitted_block_is_ignored() -> None:
    """The client never saw the text, so it cannot have edited it."""
    hidden = model(thinking_display="omitted")
    data = open_turn(hidden)
    assert blocks(data)[0]["thinking"] == ""
    blocks(data)[0]["thinking"] = "[omitted]"
    assert refusal(data, hidden) is None


@pytest.mark.parametrize(
    "kept, offender",
    [((0, 1, 3), 0), ((1, 2, 3), 1), ((2, 1, 0, 3), 0), ((0, 0, 2, 3), 1)],
    ids=["last dropped", "first dropped", "reordered", "doubled"],
)
def test_dropped_and_reordered_thinking_is_refused_in_an_open_turn(kept: tuple[int, ...], offender: int) -> None:
    """Q7 names the first block that is out of place, or the last one there is."""
    data = open_turn(UNBOUND, thought("One."), text("So."), thought("Two."), call("toolu_1"))
    whole = blocks(data)
    data["messages"][1]["content"] = [deepcopy(whole[number]) for number in kept]
    assert refusal(data, UNBOUND) == MODIFIED.format(offender)


def test_thinking_may_be_left_out_altogether() -> None:
    """Adaptive thinking does not ask for it back (probed on Opus 5.5, Sonnet 5 and Fable 5.1)."""
    for by in (UNBOUND, BOUND):
        data = open_turn(by)
        del blocks(data)[0]
        assert refusal(data, by) is None


def test_older_turns_may_omit_their_thinking() -> None:
    """Only the turn that is going on is looked at."""
    data = closed_turn(UNBOUND)
    again = answered(data, UNBOUND, thought("More."), call("toolu_2"))
    data["messages"] += [again, user(result("toolu_2"))]
    assert refusal(data, UNBOUND) is None
    del data["messages"][1]["content"][0]
    assert refusal(data, UNBOUND) is None


def test_two_replies_may_be_sent_as_one_message() -> None:
    """A continued turn holds the thinking of several replies, each complete."""
    asked = request(user("Hi"))
    first = answered(asked, UNBOUND, thought("One."), text("So."))
    second = answered(asked, UNBOUND, thought("Two."), call("toolu_1"))
    data = {**asked, "messages": [*asked["messages"], first, second, user(result("toolu_1"))]}
    assert refusal(data, UNBOUND) is None


def test_two_replies_may_not_be_mixed() -> None:
    """The first thought of one and the second of another are not one reply's thinking."""
    two = blocks(open_turn(UNBOUND, thought("One."), thought("Two."), call("toolu_1")))
    data = open_turn(UNBOUND, thought("1"), thought("2"), thought("3"), call("toolu_1"))
    data["messages"][1]["content"][0] = two[0]
    assert refusal(data, UNBOUND) == MODIFIED.format(1)


def test_another_models_thinking_is_ignored() -> None:
    """Up to 5.0 it is dropped in silence, even cut short in an open turn."""
    data = open_turn(UNBOUND, thought("One."), thought("Two."), call("toolu_1"))
    del blocks(data)[0]
    assert refusal(data, model(id="claude-other-1")) is None


def test_where_thinking_is_off_what_comes_back_of_it_is_ignored() -> None:
    """But a signature that does not verify never passes."""
    data = {**open_turn(UNBOUND), "thinking": {"type": "disabled"}}
    blocks(data)[0]["thinking"] = "Edited."
    assert refusal(data, UNBOUND) is None
    blocks(data)[0]["signature"] = flipped(blocks(data)[0]["signature"])
    assert refusal(data, UNBOUND) == INVALID
