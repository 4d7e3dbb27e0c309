"""What the documentation says about prompt caching, sentence by sentence."""

import pytest

from claudemock.engine.cache import CacheUsage, PromptCache, PromptCaches
from claudemock.prompt.chain import read_prompt
from claudemock.prompt.tokens import TokenEstimator
from tests.cache.prompts import (
    FIVE,
    HOUR,
    MODEL,
    ONCE,
    OPENING,
    TOKENS,
    Json,
    Session,
    assistant,
    body,
    make_model,
    prompt_of,
    text,
    tool,
    user,
)


def numbered(count: int, *marks: int) -> Json:
    """A message of `count` blocks of 100 tokens, counted from 1 as the documentation does, some of them marked."""
    blocks = [text(f"block {number}", FIVE if number in marks else None) for number in range(1, count + 1)]
    return body({"role": "user", "content": blocks})


def tokens(blocks: int) -> int:
    """Tokens of the prompt up to the end of its n-th block."""
    return int(ONCE + TOKENS * blocks) - OPENING


@pytest.mark.parametrize(
    "next_mark, read",
    [pytest.param(34, 15, id="34 checks 34 to 15, hits"), pytest.param(35, 0, id="35 checks 35 to 16, misses")],
)
def test_entry_at_block_15(next_mark: int, read: int) -> None:
    """The documented example: at most 20 positions are looked at, the breakpoint's own included."""
    session = Session()
    session.send(numbered(15, 15))
    usage = session.send(numbered(next_mark, next_mark))
    assert usage.read == (tokens(read) if read else 0)
    assert usage.written_5m == tokens(next_mark) - usage.read


def test_a_second_breakpoint_continues_the_look_back() -> None:
    """The documented remedy: with another breakpoint on the way, the entry at block 15 is found from block 50."""
    session = Session()
    session.send(numbered(15, 15))
    assert session.send(numbered(50, 50)).read == 0
    session = Session()
    session.send(numbered(15, 15))
    usage = session.send(numbered(50, 30, 50))
    assert usage.read == tokens(15)
    assert usage.written_5m == tokens(50) - tokens(15)


def test_an_entry_stays_when_its_marker_goes() -> None:
    """Old breakpoints keep working: the moving marker reads what the former one wrote."""
    session = Session()
    assert session.send(numbered(3, 3)).written_5m == tokens(3)
    usage = session.send(numbered(5, 5))
    assert (usage.read, usage.written_5m, usage.input) == (tokens(3), tokens(5) - tokens(3), OPENING)


def test_nothing_is_written_between_breakpoints() -> None:
    """Content between breakpoints has no entry: a prompt that departs after it starts from the former breakpoint."""
    session = Session()
    session.send(numbered(10, 2, 10))
    forked = numbered(8, 8)
    forked["messages"][0]["content"][7]["text"] = "otherwise"
    assert session.send(forked).read == tokens(2)


def test_what_follows_the_last_breakpoint_is_plain_input() -> None:
    """Only tokens behind the last marker are `input_tokens`."""
    usage = Session().send(numbered(7, 4))
    assert usage == CacheUsage(input=303, written_5m=tokens(4))
    assert usage.counters() == {
        "input_tokens": 303,
        "cache_creation_input_tokens": 404,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 404, "ephemeral_1h_input_tokens": 0},
    }


@pytest.mark.parametrize("mark, seconds", [(FIVE, 300), (HOUR, 3600)])
def test_lifetimes(mark: Json, seconds: int) -> None:
    """An entry is there until its time is over, and gone at that instant."""
    request = body(user(text("a", mark)))
    for wait, found in ((seconds - 1, True), (seconds, False), (seconds + 1, False)):
        session = Session()
        session.send(request, 1000.0)
        assert (session.send(request, 1000.0 + wait).read > 0) is found


def test_a_read_refreshes_to_the_entry_s_own_lifetime() -> None:
    """An entry of an hour that is read by way of a marker of five minutes lives another hour."""
    session = Session()
    session.send(body(user(text("a", HOUR))), 0.0)
    assert session.send(body(user(text("a", FIVE))), 3000.0).read
    assert session.send(body(user(text("a", FIVE))), 6000.0).read


def test_reading_a_long_prefix_keeps_the_marked_shorter_ones() -> None:
    """A request's own breakpoints before the hit are read with it: the system prompt survives a long conversation."""
    system = [text("s", FIVE)]
    session = Session()
    for turn in range(5):
        session.send(body(user("a", text("b", FIVE)), system=system), turn * 200.0)
    assert session.send(body(user("another", text("c", FIVE)), system=system), 1000.0).read == tokens(1)


def test_lifetime_counts_from_the_start_of_the_request() -> None:
    """A response that takes four minutes to begin leaves one minute of five."""
    cache, prompt = PromptCache(), prompt_of(numbered(3, 3))
    plan = cache.plan(prompt, 0.0)
    cache.commit(plan, 240.0)
    assert cache.plan(prompt, 299.0).usage.read
    cache = PromptCache()
    cache.commit(plan, 240.0)
    assert not cache.plan(prompt, 300.0).usage.read


def test_parallel_first_requests_all_miss() -> None:
    """An entry can be read only once the response that writes it has begun."""
    cache, prompt = PromptCache(), prompt_of(numbered(3, 3))
    plans = [cache.plan(prompt, 0.0) for _ in range(3)]
    assert [plan.usage.read for plan in plans] == [0, 0, 0]
    cache.commit(plans[1], 1.0)
    assert cache.plan(prompt, 1.0).usage.read == tokens(3)


def test_a_request_that_never_answers_writes_nothing() -> None:
    """Without a response there is no entry."""
    cache, prompt = PromptCache(), prompt_of(numbered(3, 3))
    cache.plan(prompt, 0.0)
    assert cache.plan(prompt, 1.0).usage.read == 0


def test_two_writers_leave_the_longer_lifetime() -> None:
    """A prefix written for five minutes and for an hour at once lives for the hour, whoever comes last."""
    for order in ((FIVE, HOUR), (HOUR, FIVE)):
        cache = PromptCache()
        prompts = [prompt_of(body(user(text("a", mark)))) for mark in order]
        for plan in [cache.plan(prompt, 0.0) for prompt in prompts]:
            cache.commit(plan, 1.0)
        assert cache.plan(prompts[0], 3000.0).usage.read


def test_below_the_minimum_nothing_is_cached() -> None:
    """Too short a prompt is served uncached and without an error: both counters 0."""
    session = Session(make_model(min_cache_tokens=405))
    assert session.send(numbered(4, 4)) == CacheUsage(input=407)
    assert session.send(numbered(4, 4)) == CacheUsage(input=407)


def test_the_minimum_itself_is_enough() -> None:
    """At least the minimum, not more than it."""
    session = Session(make_model(min_cache_tokens=404))
    assert session.send(numbered(4, 4)).written_5m == 404
    assert session.send(numbered(4, 4)).read == 404


def test_early_breakpoints_below_the_minimum_write_nothing() -> None:
    """Of several breakpoints those that are long enough work."""
    session = Session(make_model(min_cache_tokens=300))
    assert session.send(numbered(5, 1, 4)).written_5m == tokens(4)
    assert session.send(numbered(2, 1)).read == 0


def test_a_short_hour_breakpoint_bills_no_hour() -> None:
    """A breakpoint that writes nothing does not make what stands before it cost the price of an hour."""
    session = Session(make_model(min_cache_tokens=300))
    usage = session.send(body(user(text("a", HOUR), "b", text("c", FIVE))))
    assert (usage.written_1h, usage.written_5m) == (0, tokens(3))


def test_the_minimum_can_be_replaced() -> None:
    """A setting replaces every model's own minimum, upwards and downwards."""
    request = numbered(4, 4)
    assert Session(cache=PromptCache(minimum_tokens=1000)).send(request).written_5m == 0
    strict = make_model(min_cache_tokens=4096)
    assert Session(strict, PromptCache(minimum_tokens=0)).send(request).written_5m == tokens(4)


def mixed(*, first: str = "a", second: str = "b", third: str = "c") -> Json:
    """A, B and C of the documentation's diagram: an hour, five minutes, and the rest."""
    return body(user(text(first, HOUR), text(second, FIVE), third))


@pytest.mark.parametrize(
    "request_, usage",
    [
        pytest.param(mixed(third="d"), CacheUsage(read=tokens(2), input=103), id="hit at the last marker"),
        pytest.param(
            mixed(second="d"), CacheUsage(read=tokens(1), written_5m=100, input=103), id="hit at the hour, 5m written"
        ),
        pytest.param(
            mixed(first="d"), CacheUsage(written_1h=tokens(1), written_5m=100, input=103), id="no hit, both written"
        ),
    ],
)
def test_mixed_lifetimes_are_billed_in_three_positions(request_: Json, usage: CacheUsage) -> None:
    """A is read, B - A costs the price of an hour, C - B that of five minutes."""
    session = Session()
    session.send(mixed())
    assert session.send(request_) == usage


def test_automatic_caching_moves_with_the_conversation() -> None:
    """A top-level `cache_control` marks the last block that can be cached, wherever it is by now."""
    session = Session()
    first = session.send(body(user("a"), cache_control=FIVE))
    second = session.send(body(user("a"), assistant("b"), user("c"), cache_control=FIVE))
    assert (first.written_5m, second.read, second.written_5m) == (tokens(1), tokens(1), tokens(3) - tokens(1))


@pytest.mark.parametrize(
    "request_, position",
    [
        pytest.param(body(user("a", text("")), cache_control=FIVE), 0, id="empty text"),
        pytest.param(
            body(
                user("a"),
                assistant("b", {"type": "thinking", "thinking": "x", "signature": "y"}),
                cache_control=FIVE,
            ),
            1,
            id="thinking",
        ),
        pytest.param(body(user("a"), cache_control=HOUR), 0, id="plain"),
    ],
)
def test_automatic_caching_walks_back(request_: Json, position: int) -> None:
    """Blocks that cannot be cached are passed over silently."""
    marks = prompt_of(request_).breakpoints
    assert [(mark.position, mark.ttl) for mark in marks] == [(position, request_["cache_control"].get("ttl", "5m"))]


def test_automatic_caching_beside_an_explicit_marker_there_changes_nothing() -> None:
    """The last block already marked: no second breakpoint."""
    assert len(prompt_of(body(user(text("a", FIVE)), cache_control=FIVE)).breakpoints) == 1


def test_automatic_caching_without_any_block_is_skipped() -> None:
    """Nothing to cache, nothing marked, no failure."""
    assert not prompt_of(body(cache_control=FIVE)).breakpoints


def test_a_pre_warm_writes_for_the_request_that_follows() -> None:
    """`max_tokens: 0` is billed as a write; it is no part of the prompt."""
    session = Session()
    system = [text("long", FIVE)]
    assert session.send(body(user("warm up"), system=system, max_tokens=0)).written_5m == tokens(1)
    assert session.send(body(user("hello"), system=system, max_tokens=500)).read == tokens(1)


def test_caches_are_the_workspace_s_own() -> None:
    """Since 2026-02-05 workspaces do not share; a switch brings the organization-wide cache of other platforms."""
    prompt = prompt_of(numbered(3, 3))
    for shared in (False, True):
        caches = PromptCaches(shared=shared)
        caches.of("one").commit(caches.of("one").plan(prompt, 0.0), 0.0)
        assert caches.of("one").plan(prompt, 1.0).usage.read
        assert bool(caches.of("two").plan(prompt, 1.0).usage.read) is shared


SEARCH: list[Json] = [
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
    {"type": "text", "text": "found"},
]


@pytest.mark.parametrize("mark, read", [pytest.param(FIVE, 3, id="caching"), pytest.param(None, 0, id="no caching")])
def test_server_tool_results_are_cached_by_themselves(mark: Json | None, read: int) -> None:
    """Behind a server tool's result the API writes a five-minute entry, if the request asked for caching at all."""
    cache = PromptCache()
    cache.commit(cache.plan(prompt_of(body(user(text("a", mark)))), 0.0), 0.0, SEARCH)
    follow_up = prompt_of(body(user("a"), assistant(*SEARCH), user(*map(str, range(10)), text("b", FIVE))))
    assert cache.plan(follow_up, 299.0).usage.read == (tokens(read) if read else 0)
    assert cache.plan(follow_up, 700.0).usage.read == 0


def test_tools_can_be_marked() -> None:
    """A breakpoint on a tool caches all tools up to it."""
    session = Session()
    tools = [tool("a"), tool("b", FIVE)]
    session.send(body(user("x"), tools=tools))
    assert session.send(body(user("y"), tools=[*tools, tool("c")])).read == tokens(2)


def test_a_marker_inside_a_tool_result_is_the_result_s() -> None:
    """A block nested in a result is no position of its own; the longer lifetime counts."""
    result = {"type": "tool_result", "tool_use_id": "t", "content": [text("a", HOUR), text("b")], "cache_control": FIVE}
    prompt = prompt_of(body(user(result)))
    assert [tuple(mark) for mark in prompt.breakpoints] == [(0, "1h")]


def test_marking_a_thinking_block_does_nothing() -> None:
    """Thinking cannot be marked directly; it is cached with its turn."""
    block = {"type": "thinking", "thinking": "x", "signature": "y", "cache_control": FIVE}
    assert not prompt_of(body(user("a"), assistant(block, "b"), user("c"))).breakpoints


@pytest.mark.parametrize("forced", [True, False])
def test_what_is_read_is_what_was_written(forced: bool) -> None:
    """Also when a parameter has changed that costs tokens in front of the cached prefix: here, forcing a tool."""
    choices: list[Json] = [{}, {"tool_choice": {"type": "any"}}]
    first, second = choices if forced else reversed(choices)
    cache, estimator = PromptCache(minimum_tokens=0), TokenEstimator.load()
    usages = []
    for choice in (first, second):
        request = body(user("a" * 2000), tools=[tool("x")], system=[text("s", FIVE)], **choice)
        plan = cache.plan(read_prompt(request, MODEL, estimator), 0.0)
        cache.commit(plan, 0.0)
        usages.append(plan.usage)
    assert usages[0].written_5m == usages[1].read > 0


def test_the_model_used_here_caches() -> None:
    """The tests above would prove nothing with a minimum over their prompts."""
    assert MODEL.min_cache_tokens <= tokens(1)
