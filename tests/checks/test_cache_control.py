"""Cache breakpoints."""

import pytest

from tests.checks.cases import (
    EPHEMERAL,
    HOUR,
    THINKING,
    TOOL,
    Case,
    assert_answer,
    assistant,
    body,
    call,
    result,
    text,
    user,
)

FIVE = "A maximum of 4 blocks with cache_control may be provided. Found 5."
ORDER = (
    "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
    "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
)
MARKED = text("a", cache_control=EPHEMERAL)
LONG = text("a", cache_control=HOUR)
MARKED_TOOL = {**TOOL, "cache_control": EPHEMERAL}

CASES = [
    Case(name="five in one message", body=body(user(*[MARKED] * 5)), message=FIVE),
    Case(
        name="five in all",
        body=body(user(MARKED, MARKED, MARKED), system=[MARKED], tools=[MARKED_TOOL]),
        message=FIVE,
    ),
    Case(
        name="five with one in a tool result",
        body=body(
            user(MARKED, MARKED),
            assistant(call("t")),
            user(result("t", MARKED, cache_control=EPHEMERAL)),
            system=[MARKED],
        ),
        message=FIVE,
    ),
    Case(name="four and automatic", body=body(user(*[MARKED] * 4, "b"), cache_control=EPHEMERAL), message=FIVE),
    Case(name="seven", body=body(user(*[MARKED] * 7)), message=FIVE.replace("5", "7")),
    Case(
        name="longer after shorter",
        body=body(user("a", MARKED, LONG)),
        message=f"messages.0.content.2.cache_control.ttl: {ORDER}",
    ),
    Case(
        name="longer system after shorter tools",
        body=body(system=[LONG], tools=[MARKED_TOOL]),
        message=f"system.0.cache_control.ttl: {ORDER}",
    ),
    Case(
        name="longer tool after a shorter one",
        body=body(tools=[MARKED_TOOL, {**TOOL, "name": "b", "cache_control": HOUR}]),
        message=f"tools.1.cache_control.ttl: {ORDER}",
    ),
    Case(
        name="longer automatic after shorter",
        body=body(user(MARKED, "b"), cache_control=HOUR),
        message=f"messages.0.content.1.cache_control.ttl: {ORDER}",
    ),
    Case(
        name="automatic on a block marked otherwise",
        body=body(user("a", LONG), cache_control=EPHEMERAL),
        message="cache_control.ttl: the last block already has a cache_control block with ttl='1h'",
    ),
    Case(
        name="automatic on a system prompt marked otherwise",
        body=body(assistant(THINKING), system=[LONG], cache_control=EPHEMERAL),
        message="cache_control.ttl: the last block already has a cache_control block with ttl='1h'",
    ),
    Case(
        name="automatic on a tool marked otherwise",
        body=body(assistant(THINKING), tools=[MARKED_TOOL], cache_control=HOUR),
        message="cache_control.ttl: the last block already has a cache_control block with ttl='5m'",
    ),
    Case(
        name="counted too",
        body=body(user(*[MARKED] * 5)),
        endpoint="count_tokens",
        message=FIVE,
    ),
    Case(name="accepted: four", body=body(user(MARKED, MARKED), system=[MARKED], tools=[MARKED_TOOL])),
    Case(name="accepted: three and automatic", body=body(user(MARKED, MARKED, MARKED, "b"), cache_control=EPHEMERAL)),
    Case(name="accepted: four, automatic on the last", body=body(user(*[MARKED] * 4), cache_control=EPHEMERAL)),
    Case(
        name="accepted: four, automatic on the last, spelled out",
        body=body(user(*[MARKED] * 4), cache_control={"type": "ephemeral", "ttl": "5m"}),
    ),
    Case(name="accepted: shorter after longer", body=body(user(LONG, MARKED), cache_control=EPHEMERAL)),
    Case(name="accepted: automatic, all longer", body=body(user(LONG, "b"), cache_control=HOUR)),
    Case(
        name="accepted: automatic passes thinking by",
        body=body(user("a"), assistant(MARKED, THINKING), cache_control=EPHEMERAL),
    ),
    Case(name="accepted: automatic with nothing to cache", body=body(assistant(THINKING), cache_control=HOUR)),
    Case(name="accepted: automatic with nothing but a message", body=body(cache_control=HOUR)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_breakpoints(case: Case) -> None:
    """The fifth breakpoint and a lifetime out of order are refused, automatic caching counted in."""
    assert_answer(case)
