"""What a conversation is made of."""

import pytest

from tests.checks.cases import (
    EPHEMERAL,
    THINKING,
    TOOL,
    Case,
    assert_answer,
    assistant,
    body,
    call,
    model,
    result,
    server_call,
    server_result,
    system,
    text,
    user,
)

EMPTY = "all messages must have non-empty content except for the optional final assistant message"
ANYWHERE = "; the directive-only form (content: [] with output_config) is accepted at any position"
NO_PREFILL = "This model does not support assistant message prefill. The conversation must end with a user message."
DIRECTIVES = frozenset({"mid-conversation-output-config-2026-07-01"})

CONTENT = [
    Case(name="no messages", body=body() | {"messages": []}, message="messages: at least one message is required"),
    Case(
        name="no messages but a directive",
        body=body(system(output_config={"effort": "low"})),
        betas=DIRECTIVES,
        message="messages: at least one message is required",
    ),
    Case(name="empty user message", body=body(user()), message=f"messages.0: {EMPTY}"),
    Case(name="empty string", body=body({"role": "user", "content": ""}), message=f"messages.0: {EMPTY}"),
    Case(name="empty assistant message", body=body(user("a"), assistant(), user("b")), message=f"messages.1: {EMPTY}"),
    Case(name="empty turn of two", body=body(assistant("a"), user(), user()), message=f"messages.1: {EMPTY}"),
    Case(name="empty text", body=body(user("")), message="messages: text content blocks must be non-empty"),
    Case(
        name="empty text from the assistant",
        body=body(user("a"), assistant(""), user("b")),
        message="messages: text content blocks must be non-empty",
    ),
    Case(
        name="empty system text",
        body=body(system=[text("Be brief."), text("")]),
        message="system: text content blocks must be non-empty",
    ),
    Case(
        name="blank text",
        body=body(user("a", " \n")),
        message="messages: text content blocks must contain non-whitespace text",
    ),
    Case(
        name="blank system text",
        body=body(system="  "),
        message="system: text content blocks must contain non-whitespace text",
    ),
    Case(
        name="breakpoint on an empty text",
        body=body(user("a", text("", cache_control=EPHEMERAL))),
        message="messages.0.content.1.text: cache_control cannot be set for empty text blocks",
    ),
    Case(
        name="breakpoint on an empty text in a tool result",
        body=body(user("a"), assistant(call("t")), user(result("t", text("", cache_control=EPHEMERAL)))),
        message="messages.2.content.0.tool_result.content.0.text: cache_control cannot be set for empty text blocks",
    ),
    Case(
        name="breakpoint on an empty system text",
        body=body(system=[text("", cache_control=EPHEMERAL)]),
        message="system.0: cache_control cannot be set for empty text blocks",
    ),
    Case(
        name="call from the user",
        body=body(user(call("t"))),
        message="messages.0: `tool_use` blocks can only be in `assistant` messages",
    ),
    Case(
        name="server tool's call from the user",
        body=body(user(server_call("a"))),
        message="messages.0: `server_tool_use` blocks can only be in `assistant` messages",
    ),
    Case(
        name="result from the assistant",
        body=body(user("a"), assistant(result("t"))),
        message="messages.1: `tool_result` blocks can only be in `user` messages",
    ),
    Case(
        name="thinking from the user",
        body=body(user(THINKING)),
        message="messages.0.content: thinking blocks may only be in `assistant` messages",
    ),
    Case(name="accepted: leading assistant message", body=body(assistant("Hello, I am Claude."), user("Hi"))),
    Case(name="accepted: no alternation", body=body(user("a"), user("b"), assistant("c"), assistant("d"), user("e"))),
    Case(name="accepted: empty message beside another", body=body(user(), user("b"))),
    Case(name="accepted: empty final assistant message", body=body(user("a"), assistant())),
    Case(name="accepted: blank text from the assistant", body=body(user("a"), assistant(" "), user("b"))),
    Case(name="accepted: empty system prompt", body=body(system="")),
    Case(
        name="accepted: empty text in a tool result",
        body=body(user("a"), assistant(call("t")), user(result("t", text("")))),
    ),
]

SYSTEM = [
    Case(
        name="system message first",
        body=body(system("Be brief."), user("a")),
        message=f"messages.0: use the top-level 'system' parameter for the initial system prompt{ANYWHERE}",
    ),
    Case(
        name="system message first, to a model without them",
        body=body(system("Be brief."), user("a")),
        model=model(system_messages=False),
        message=f"messages.0: use the top-level 'system' parameter for the initial system prompt{ANYWHERE}",
    ),
    Case(
        name="to a model without them",
        body=body(user("a"), system("Be brief.")),
        model=model(system_messages=False),
        message="role 'system' is not supported on this model",
    ),
    Case(
        name="after the assistant",
        body=body(user("a"), assistant("b"), system("c"), assistant("d"), user("e")),
        message="messages.2: role 'system' must follow a 'user' message or an 'assistant' message ending in a server "
        f"tool result{ANYWHERE}",
    ),
    Case(
        name="before the user",
        body=body(user("a"), system("b"), user("c")),
        message=f"messages.1: role 'system' must precede an 'assistant' message or end the array{ANYWHERE}",
    ),
    Case(
        name="between a call and its result",
        body=body(user("a"), assistant(call("t")), system("b"), user(result("t"))),
        message="messages.2: role 'system' must follow a 'user' message or an 'assistant' message ending in a server "
        f"tool result{ANYWHERE}",
    ),
    Case(
        name="several before the user",
        body=body(user("a"), system("b"), system("c"), user("d")),
        message=f"messages.1: role 'system' must precede an 'assistant' message or end the array{ANYWHERE}",
    ),
    Case(
        name="without content",
        body=body(user("a"), system()),
        message="messages.1: system content must contain at least one block",
    ),
    Case(
        name="with something else than text",
        body=body(user("a"), system({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}})),
        message="messages.1: role 'system' supports text, tool_addition and tool_removal blocks only",
    ),
    Case(
        name="blank",
        body=body(user("a"), system(" ")),
        message="messages.1: system text blocks must contain non-whitespace text",
    ),
    Case(name="accepted: at the end", body=body(user("a"), system("b"))),
    Case(name="accepted: before the assistant", body=body(user("a"), system("b"), assistant("c"), user("d"))),
    Case(name="accepted: two in a row", body=body(user("a"), system("b"), system("c"), assistant("d"), user("e"))),
    Case(name="accepted: after results", body=body(user("a"), assistant(call("t")), user(result("t")), system("b"))),
    Case(
        name="accepted: after a server tool's result",
        body=body(user("a"), assistant(server_call("s"), server_result("s")), system("b"), assistant("c"), user("d")),
    ),
    Case(
        name="accepted: a directive anywhere",
        body=body(
            system(output_config={"effort": "low"}),
            user("a"),
            assistant(call("t")),
            system(output_config={"effort": "high"}),
            user(result("t")),
        ),
        betas=DIRECTIVES,
    ),
    Case(
        name="accepted: a directive without content",
        body=body(user("a"), {"role": "system", "output_config": {"effort": "low"}}),
        betas=DIRECTIVES,
    ),
]

NOTE = {"type": "mid_conv_system", "content": [text("Be brief.")]}

SYSTEM_BLOCKS = [
    Case(
        name="block of a system message, to a model without them",
        body=body(user("a", NOTE)),
        model=model(system_messages=False),
        message="role 'system' is not supported on this model",
    ),
    Case(
        name="block of a system message before another",
        body=body(user("a", NOTE, "b")),
        message="messages.0.content.1: `mid_conv_system` blocks can only be at the end of a `user` message; put the "
        "other blocks before them",
    ),
    Case(
        name="block of a system message from the assistant",
        body=body(user("a"), assistant(NOTE), user("b")),
        message="messages.1: `mid_conv_system` blocks can only be in `user` messages",
    ),
    Case(
        name="block of a system message without content",
        body=body(user("a", {**NOTE, "content": []})),
        message="messages.0.content.1: system content must contain at least one block",
    ),
    Case(
        name="connector text from the user",
        body=body(user({"type": "connector_text", "connector_text": "Reading on."})),
        message="messages.0: `connector_text` blocks can only be in `assistant` messages",
    ),
    Case(name="accepted: blocks of system messages", body=body(user("a", NOTE, NOTE), assistant("b"), user("c", NOTE))),
    Case(
        name="accepted: connector text",
        body=body(user("a"), assistant({"type": "connector_text", "connector_text": "Reading on."}), user("b")),
    ),
]

ENDING = [
    Case(name="prefill", body=body(user("a"), assistant("{")), model=model(prefill=False), message=NO_PREFILL),
    Case(name="empty prefill", body=body(user("a"), assistant()), model=model(prefill=False), message=NO_PREFILL),
    Case(
        name="prefill ending in a blank",
        body=body(user("a"), assistant("The answer is ")),
        message="messages: final assistant content cannot end with trailing whitespace",
    ),
    Case(
        name="prefill ending in a blank, counted",
        body=body(user("a"), assistant("The answer is\n")),
        endpoint="count_tokens",
        message="messages: final assistant content cannot end with trailing whitespace",
    ),
    Case(name="accepted: prefill", body=body(user("a"), assistant("{"))),
    Case(
        name="accepted: counting what cannot be continued",
        body=body(user("a"), assistant("b")),
        model=model(prefill=False),
        endpoint="count_tokens",
    ),
    Case(
        name="accepted: paused server tool",
        body=body(user("a"), assistant("Let me see. ", server_call("s"))),
        model=model(prefill=False),
    ),
    Case(
        name="accepted: server tool's result",
        body=body(user("a"), assistant(server_call("s"), server_result("s"))),
        model=model(prefill=False),
    ),
    Case(
        name="accepted: a blank at the end of an earlier message",
        body=body(user("a"), assistant("b "), user("c"), tools=[TOOL]),
    ),
]


@pytest.mark.parametrize("case", [*CONTENT, *SYSTEM, *SYSTEM_BLOCKS, *ENDING], ids=str)
def test_conversation(case: Case) -> None:
    """Roles, empty texts, system messages and endings are judged as the API judges them."""
    assert_answer(case)
