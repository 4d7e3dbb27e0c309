"""The cache and the slow reference model agree on every request of thousands of random histories."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict
from itertools import takewhile
from operator import eq
from random import Random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from claudemock.engine.cache import CacheUsage, Plan, PromptCaches
from claudemock.prompt.canonical import BlockDigests
from claudemock.prompt.chain import Earlier, Prompt, read_prompt
from tests.cache.prompts import FIVE, HOUR, FlatCounts, Json, assistant, body, make_model, text, tool, user
from tests.cache.reference import ReferenceCache, Sent

MINIMUM = 130
WORKSPACES = ("one", "two")


class Pair:
    """The cache and the reference, given the same requests."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self._model = make_model(min_cache_tokens=MINIMUM)
        self._caches = PromptCaches()
        self._reference = ReferenceCache(MINIMUM)
        self._memo = BlockDigests(most=8)  # so small that it forgets all the time
        self._counts = FlatCounts()
        self.pending: list[tuple[str, Plan, Sent]] = []
        self._former: tuple[Json, Prompt] | None = None

    def start(self, request: Json, workspace: str) -> tuple[CacheUsage, dict[str, int]]:
        """A request begins; what each of the two says about its usage."""
        model = make_model(min_cache_tokens=MINIMUM, id=request["model"])
        prompt = read_prompt(request, model, self._counts, self._memo, earlier=self._earlier(request))
        self._former = deepcopy(request), prompt
        plan = self._caches.of(workspace).plan(prompt, self.now)
        sent = self._reference.start(request, self.now, workspace)
        self.pending.append((workspace, plan, sent))
        return plan.usage, sent.usage

    def _earlier(self, request: Json) -> Earlier | None:
        """The request before, if this one begins with messages of it that were not all it had."""
        if self._former is None:
            return None
        messages, former = request["messages"], self._former[0]["messages"]
        alike = sum(1 for _ in takewhile(bool, map(eq, messages, former)))
        kept = min(alike, len(messages) - 1, len(former) - 1)
        return Earlier(self._former[1], kept) if kept > 0 else None

    def answer(self, number: int) -> None:
        """The response to one of the pending requests begins."""
        workspace, plan, sent = self.pending.pop(number % len(self.pending))
        self._caches.of(workspace).commit(plan, self.now)
        self._reference.answer(sent, self.now)


def conversation() -> Json:
    """What every history starts from: a tool, a system prompt, a first message."""
    return body(user("30"), tools=[tool("a")], system=[text("60")])


def grow(request: Json, random: Random) -> None:
    """Append a turn, of one block or of many."""
    size = random.choice((1, 1, 2, 3, 9, 19, 25))
    said = [f"{random.randrange(90)}" for _ in range(size)]
    request["messages"] += [assistant(*said), user(f"{random.randrange(90)}")]


def edit(request: Json, random: Random) -> None:
    """Change the text of some block anywhere."""
    random.choice(_texts(request))["text"] = f"{random.randrange(200)}"


def shorten(request: Json, random: Random) -> None:
    """Forget the last turns."""
    request["messages"] = request["messages"][: random.randrange(len(request["messages"])) + 1]


def mark(request: Json, random: Random) -> None:
    """Place up to four breakpoints anew, the hours first."""
    places = [*request["tools"], *_texts(request)]
    for each in places:
        each.pop("cache_control", None)
    chosen = sorted(random.sample(range(len(places)), min(len(places), random.randrange(5))))
    if random.random() < 0.6:
        chosen = sorted({*chosen[:3], len(places) - 1})
    hours = random.randrange(len(chosen) + 1)
    for number, at in enumerate(chosen):
        places[at]["cache_control"] = deepcopy(HOUR if number < hours else FIVE)


def unmark(request: Json, random: Random) -> None:
    """Remove one breakpoint."""
    marked = [each for each in [*request["tools"], *_texts(request)] if "cache_control" in each]
    if marked:
        del random.choice(marked)["cache_control"]


def automatic(request: Json, random: Random) -> None:
    """Switch automatic caching on or off."""
    if request.pop("cache_control", None) is None:
        request["cache_control"] = random.choice((FIVE, FIVE, HOUR))


def parameters(request: Json, random: Random) -> None:
    """Change something that is no block."""
    name, values = random.choice(
        (
            ("speed", (None, "standard", "fast")),
            ("thinking", (None, {"type": "disabled"}, {"type": "adaptive"})),
            ("tool_choice", (None, {"type": "auto"}, {"type": "none"})),
            ("model", ("claude-test-1", "claude-test-2")),
        )
    )
    value = random.choice(values)
    request.pop(name, None)
    if value is not None:
        request[name] = value


CHANGES: tuple[Callable[[Json, Random], None], ...] = (
    *(grow,) * 5,
    *(mark,) * 3,
    edit,
    shorten,
    unmark,
    automatic,
    parameters,
)
PAUSES = (0.0, 1.0, 100.0, 299.0, 300.0, 301.0, 1800.0, 3599.0, 3600.0, 4000.0)


def _texts(request: Json) -> list[Json]:
    return [*request["system"], *(block for message in request["messages"] for block in message["content"])]


def spelled(request: Json, random: Random) -> Json:
    """The same prompt written otherwise: strings for lists of one text, nulls, other orders of keys."""
    written = deepcopy(request)
    for message in written["messages"]:
        content = message["content"]
        if len(content) == 1 and "cache_control" not in content[0] and random.random() < 0.5:
            message["content"] = content[0]["text"]
        else:
            message["content"] = [dict(reversed(block.items())) for block in content]
    return written


@pytest.mark.parametrize("first", range(0, 2000, 250))
def test_random_histories(first: int) -> None:
    """Growing, edited, forked and re-marked conversations, overlapping, in two workspaces, with jumps of the clock."""
    reads = 0
    for seed in range(first, first + 250):
        random, pair = Random(seed), Pair()
        request = conversation()
        for _ in range(12):
            random.choice(CHANGES)(request, random)
            ours, theirs = pair.start(spelled(request, random), random.choice((*WORKSPACES, "one", "one")))
            assert asdict(ours) == theirs, f"seed {seed}"
            reads += ours.read > 0
            while pair.pending and random.random() < 0.7:
                pair.answer(random.randrange(9))
            pair.now += random.choice(PAUSES) if random.random() < 0.4 else 1.0
    assert reads > 250  # the histories are worth something: they hit at least once on average


class Histories(RuleBasedStateMachine):
    """The same, with every choice made (and on failure shortened) by Hypothesis."""

    @initialize()
    def begin(self) -> None:
        """A fresh cache and conversation."""
        self.pair = Pair()
        self.request = conversation()
        self.usages: list[tuple[CacheUsage, dict[str, int]]] = []

    @rule(change=st.sampled_from(CHANGES), seed=st.integers(0, 999))
    def change(self, change: Callable[[Json, Random], None], seed: int) -> None:
        """Change the conversation."""
        change(self.request, Random(seed))

    @rule(workspace=st.sampled_from(WORKSPACES))
    def start(self, workspace: str) -> None:
        """Send it."""
        self.usages.append(self.pair.start(deepcopy(self.request), workspace))

    @rule(number=st.integers(0, 5))
    def answer(self, number: int) -> None:
        """A pending response begins."""
        if self.pair.pending:
            self.pair.answer(number)

    @rule(seconds=st.sampled_from(PAUSES))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.pair.now += seconds

    @invariant()
    def agree(self) -> None:
        """Both counted the same, and nothing is lost."""
        if self.usages:
            ours, theirs = self.usages[-1]
            assert asdict(ours) == theirs
            assert min(theirs.values()) >= 0


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


def test_the_comparison_can_fail() -> None:
    """A cache that looks back one position further than documented is found out."""
    pair = Pair()
    request = conversation()
    request["messages"] = [user(text("400", FIVE))]
    pair.start(request, "one")
    pair.answer(0)
    request["messages"] = [user("400", *map(str, range(19)), text("1", FIVE))]
    ours, theirs = pair.start(request, "one")
    assert asdict(ours) == theirs
    assert ours.read == 0
    request["messages"] = [user("400", *map(str, range(18)), text("1", FIVE))]
    seen: Any = pair.start(request, "one")[0]
    assert seen.read > 0
