"""Calls and their results."""

import pytest

from tests.checks.cases import (
    TOOL,
    Case,
    assert_answer,
    assistant,
    body,
    call,
    result,
    server_call,
    server_result,
    text,
    user,
)


def unanswered(where: str, *names: str) -> str:
    """Calls without results."""
    return (
        f"{where}: `tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(names)}. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )


def unexpected(where: str, name: str) -> str:
    """A result of no call."""
    return (
        f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {name}. "
        "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
    )


ASK = user("Weather in Oslo and Rome?")

CLIENT = [
    Case(name="no result", body=body(ASK, assistant(call("t")), user("b")), message=unanswered("messages.1", "t")),
    Case(name="call at the end", body=body(ASK, assistant(call("t"))), message=unanswered("messages.1", "t")),
    Case(
        name="two calls without results",
        body=body(ASK, assistant(call("t"), call("u")), user("b")),
        message=unanswered("messages.1", "t", "u"),
    ),
    Case(
        name="one of two results",
        body=body(ASK, assistant(call("t"), call("u")), user(result("t"))),
        message=unanswered("messages.1", "u"),
    ),
    Case(
        name="another call's result",
        body=body(ASK, assistant(call("t")), user(result("u"))),
        message=unanswered("messages.1", "t"),
    ),
    Case(
        name="result behind text",
        body=body(ASK, assistant(call("t")), user("Here:", result("t"))),
        message=unanswered("messages.1", "t"),
    ),
    Case(
        name="result behind a message of text",
        body=body(ASK, assistant(call("t")), user("Here:"), user(result("t"))),
        message=unanswered("messages.1", "t"),
    ),
    Case(
        name="text between results",
        body=body(ASK, assistant(call("t"), call("u")), user(result("t"), "and", result("u"))),
        message=unanswered("messages.1", "u"),
    ),
    Case(
        name="result two turns later",
        body=body(ASK, assistant(call("t")), user("b"), assistant("c"), user(result("t"))),
        message=unanswered("messages.1", "t"),
    ),
    Case(
        name="calls in two messages of one turn",
        body=body(ASK, assistant("a"), assistant(call("t")), assistant(call("u")), user(result("t"))),
        message=unanswered("messages.3", "u"),
    ),
    Case(
        name="result in the first message",
        body=body(user("a", result("t"))),
        message=unexpected("messages.0.content.1", "t"),
    ),
    Case(
        name="result without a call",
        body=body(ASK, assistant("b"), user(result("t"))),
        message=unexpected("messages.2.content.0", "t"),
    ),
    Case(
        name="one result too many",
        body=body(ASK, assistant(call("t")), user(result("t"), result("u"))),
        message=unexpected("messages.2.content.1", "u"),
    ),
    Case(
        name="result given twice",
        body=body(ASK, assistant(call("t")), user(result("t"), result("t"))),
        message="messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks "
        "with id: t",
    ),
    Case(
        name="result again a turn later",
        body=body(ASK, assistant(call("t")), user(result("t")), assistant("b"), user(result("t"))),
        message=unexpected("messages.4.content.0", "t"),
    ),
    Case(
        name="calls with one id",
        body=body(ASK, assistant("b", call("t"), call("t")), user(result("t"))),
        message="messages.1.content.2: `tool_use` ids must be unique",
    ),
    Case(
        name="calls with one id in two turns",
        body=body(ASK, assistant(call("t")), user(result("t")), assistant("b", call("t")), user(result("t"))),
        message="messages.3.content.1: `tool_use` ids must be unique",
    ),
    Case(name="accepted: result", body=body(ASK, assistant(call("t")), user(result("t")), tools=[TOOL])),
    Case(name="accepted: no tools defined", body=body(ASK, assistant(call("t")), user(result("t")))),
    Case(name="accepted: text behind results", body=body(ASK, assistant(call("t")), user(result("t"), "And now?"))),
    Case(
        name="accepted: results in another order",
        body=body(ASK, assistant(call("t"), call("u")), user(result("u"), result("t"))),
    ),
    Case(
        name="accepted: results in two messages",
        body=body(ASK, assistant(call("t")), assistant(call("u")), user(result("t")), user(result("u"))),
    ),
    Case(name="accepted: text behind a call", body=body(ASK, assistant(call("t"), "One moment."), user(result("t")))),
]

PENDING = (
    "messages.1: `web_search` tool use with id `srvtoolu_s` was found without a corresponding "
    "`web_search_tool_result` block"
)

SERVER = [
    Case(
        name="pending call and a new question", body=body(ASK, assistant(server_call("s")), user("b")), message=PENDING
    ),
    Case(
        name="pending call and text behind results",
        body=body(ASK, assistant(server_call("s"), call("t")), user(result("t"), "b")),
        message=PENDING,
    ),
    Case(
        name="missing result beside a pending call",
        body=body(ASK, assistant(server_call("s"), call("t")), user("b")),
        message=unanswered("messages.1", "t"),
    ),
    Case(
        name="pending search for tools",
        body=body(ASK, assistant(server_call("s", "tool_search_tool_regex")), user("b")),
        message="messages.1: `tool_search_tool_regex` tool use with id `srvtoolu_s` was found without a corresponding "
        "`tool_search_tool_result` block",
    ),
    Case(
        name="result of no server call",
        body=body(ASK, assistant("b", server_result("s")), user("c")),
        message="messages.1.content.1: unexpected `tool_use_id` found in `web_search_tool_result` blocks: srvtoolu_s. "
        "Each `web_search_tool_result` block must have a corresponding `server_tool_use` block before it.",
    ),
    Case(
        name="result before its server call",
        body=body(ASK, assistant(server_result("s"), server_call("s")), user("c")),
        message="messages.1.content.0: unexpected `tool_use_id` found in `web_search_tool_result` blocks: srvtoolu_s. "
        "Each `web_search_tool_result` block must have a corresponding `server_tool_use` block before it.",
    ),
    Case(name="accepted: server result", body=body(ASK, assistant(server_call("s"), server_result("s")), user("b"))),
    Case(name="accepted: paused", body=body(ASK, assistant(server_call("s")))),
    Case(
        name="accepted: pending while the client's tools run",
        body=body(ASK, assistant(server_call("s"), call("t")), user(result("t"))),
    ),
    Case(
        name="accepted: resolved after the client's tools ran",
        body=body(
            ASK,
            assistant(server_call("s"), call("t")),
            user(result("t", text("12 °C"))),
            assistant(server_result("s"), "Cold."),
            user("b"),
        ),
    ),
]


@pytest.mark.parametrize("case", [*CLIENT, *SERVER], ids=str)
def test_pairing(case: Case) -> None:
    """Each call has one result, first in the next turn, and each result its call."""
    assert_answer(case)
