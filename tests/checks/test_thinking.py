"""The `thinking` parameter."""

import pytest

from claudemock.catalog import Model
from tests.checks.cases import (
    ADAPTIVE,
    BUDGET,
    THINKING,
    TOOL,
    Case,
    assert_answer,
    assistant,
    body,
    call,
    model,
    result,
    user,
)

DISABLED = {"type": "disabled"}
BETWEEN = {"type": "between_tools"}
INSTEAD = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
CONSULT = "Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
ROOM = f"`max_tokens` must be greater than `thinking.budget_tokens`. {CONSULT}#max-tokens-and-context-window-size"
INTERLEAVED = frozenset({"interleaved-thinking-2025-05-14"})
REDACTED = {"type": "redacted_thinking", "data": "EmwKAhgB"}


def modes(*accepted: str, **columns: object) -> Model:
    """A model with these modes of thinking, which knows all levels of effort."""
    return model(thinking=frozenset(accepted), effort=("low", "medium", "high", "xhigh", "max"), **columns)


def off(effort: str) -> str:
    """Too much effort for no thinking."""
    return (
        f"output_config.effort '{effort}' is not supported when thinking is disabled on this model. "
        "Use effort 'high' or below, or enable thinking."
    )


MODES = [
    Case(
        name="adaptive before there was any",
        body=body(thinking=ADAPTIVE),
        model=modes("enabled", "disabled"),
        message="adaptive thinking is not supported on this model",
    ),
    Case(
        name="a budget after there were budgets",
        body=body(thinking=BUDGET),
        model=modes("adaptive", "disabled"),
        message=f'"thinking.type.enabled" is not supported for this model. {INSTEAD}',
    ),
    Case(
        name="off where it is always on",
        body=body(thinking=DISABLED),
        model=modes("adaptive"),
        message=f'"thinking.type.disabled" is not supported for this model. {INSTEAD}',
    ),
    Case(
        name="off where it is always on, with budgets",
        body=body(thinking=DISABLED),
        model=modes("adaptive", "enabled"),
        message='"thinking.type.disabled" is not supported for this model. Thinking defaults to adaptive mode when not '
        'specified; use "thinking.type.enabled" with "budget_tokens" for extended thinking.',
    ),
    Case(
        name="off where it is called otherwise",
        body=body(thinking=DISABLED),
        model=modes("adaptive", "between_tools"),
        message='To turn thinking off on this model, send "thinking": {"type": "between_tools"} instead of '
        '{"type": "disabled"}. The model does not think before responding. The short updates it writes between tool '
        "calls come back as thinking blocks.",
    ),
    Case(
        name="between tools",
        body=body(thinking=BETWEEN),
        model=modes("adaptive", "disabled"),
        message='"thinking.type.between_tools" is not supported for this model.',
    ),
    Case(
        name="a model that cannot think",
        body=body(thinking=BUDGET),
        model=modes("disabled"),
        message="'claude-test-1' does not support thinking.",
    ),
    Case(
        name="off with more effort than that allows",
        body=body(thinking=DISABLED, output_config={"effort": "xhigh"}),
        model=modes("adaptive", "disabled", disabled_effort_max="high"),
        message=off("xhigh"),
    ),
    Case(
        name="between tools with more effort than that allows",
        body=body(thinking=BETWEEN, output_config={"effort": "max"}),
        model=modes("adaptive", "between_tools", disabled_effort_max="high"),
        message=off("max"),
    ),
    Case(
        name="counted too",
        body=body(thinking=BETWEEN),
        model=modes("adaptive"),
        endpoint="count_tokens",
        message='"thinking.type.between_tools" is not supported for this model.',
    ),
    Case(name="accepted: adaptive", body=body(thinking=ADAPTIVE), model=modes("adaptive")),
    Case(name="accepted: budget", body=body(thinking=BUDGET), model=modes("enabled", "disabled")),
    Case(name="accepted: off on a model that cannot think", body=body(thinking=DISABLED), model=modes("disabled")),
    Case(name="accepted: between tools", body=body(thinking=BETWEEN), model=modes("adaptive", "between_tools")),
    Case(
        name="accepted: off with effort",
        body=body(thinking=DISABLED, output_config={"effort": "high"}),
        model=modes("adaptive", "disabled", disabled_effort_max="high"),
    ),
    Case(
        name="accepted: on with more effort",
        body=body(thinking=ADAPTIVE, output_config={"effort": "max"}),
        model=modes("adaptive", "disabled", disabled_effort_max="high"),
    ),
]

BUDGETS = [
    Case(name="no room for the answer", body=body(thinking=BUDGET) | {"max_tokens": 1024}, message=ROOM),
    Case(name="less than the budget", body=body(thinking=BUDGET) | {"max_tokens": 500}, message=ROOM),
    Case(name="nothing at all", body=body(thinking=BUDGET) | {"max_tokens": 0}, message=ROOM),
    Case(
        name="interleaved on a model without it",
        body=body(thinking=BUDGET) | {"max_tokens": 500},
        betas=INTERLEAVED,
        model=model(interleaved_thinking="none"),
        message=ROOM,
    ),
    Case(name="accepted: room for one token", body=body(thinking=BUDGET) | {"max_tokens": 1025}),
    Case(name="accepted: interleaved", body=body(thinking=BUDGET) | {"max_tokens": 500}, betas=INTERLEAVED),
    Case(name="accepted: counted without an answer", body=body(thinking=BUDGET), endpoint="count_tokens"),
]


def begins(where: str, found: str) -> str:
    """A turn that did not begin with thinking."""
    return (
        f"{where}.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. When `thinking` is enabled, a "
        "final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and "
        "`tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid this "
        f"requirement, disable `thinking`. {CONSULT}"
    )


LOOP = {"thinking": BUDGET, "tools": [TOOL]}

ORDER = [
    Case(
        name="tool loop without thinking",
        body=body(user("a"), assistant(call("t")), user(result("t")), **LOOP),
        message=begins("messages.1.content.0", "tool_use"),
    ),
    Case(
        name="prefill without thinking",
        body=body(user("a"), assistant("{"), **LOOP),
        message=begins("messages.1.content.0", "text"),
    ),
    Case(
        name="nothing but a prefill", body=body(assistant("{"), **LOOP), message=begins("messages.0.content.0", "text")
    ),
    Case(
        name="long loop without thinking",
        body=body(
            user("a"), assistant(call("t")), user(result("t")), assistant("b", call("u")), user(result("u")), **LOOP
        ),
        message=begins("messages.3.content.0", "text"),
    ),
    Case(
        name="thinking behind text",
        body=body(user("a"), assistant("b", THINKING), user("c"), **LOOP),
        message="messages.1.content.0: If an assistant message contains any thinking blocks, the first block must be "
        "`thinking` or `redacted_thinking`. Found `text`.",
    ),
    Case(
        name="accepted: loop that begins with thinking",
        body=body(user("a"), assistant(THINKING, call("t")), user(result("t")), **LOOP),
    ),
    Case(
        name="accepted: loop that began with thinking",
        body=body(
            user("a"),
            assistant(REDACTED, call("t")),
            user(result("t")),
            assistant(call("u")),
            user(result("u")),
            **LOOP,
        ),
    ),
    Case(name="accepted: earlier turns without thinking", body=body(user("a"), assistant("b"), user("c"), **LOOP)),
    Case(
        name="accepted: adaptive without thinking",
        body=body(user("a"), assistant(call("t")), user(result("t")), thinking=ADAPTIVE, tools=[TOOL]),
    ),
    Case(
        name="accepted: adaptive with thinking behind text",
        body=body(user("a"), assistant("b", THINKING), user("c"), thinking=ADAPTIVE),
    ),
    Case(
        name="accepted: thinking behind a summary",
        body=body(
            user("a"), assistant({"type": "compaction", "content": "…"}, THINKING, call("t")), user(result("t")), **LOOP
        ),
        betas=frozenset({"compact-2026-01-12"}),
    ),
]


@pytest.mark.parametrize("case", [*MODES, *BUDGETS, *ORDER], ids=str)
def test_thinking(case: Case) -> None:
    """Modes, budgets and the place of thinking are judged as the API judges them."""
    assert_answer(case)
