"""What the cache costs: work linear in what is new, memory linear in breakpoints, both bounded."""

import sys
from typing import Any

import pytest

from claudemock.engine.cache import PromptCache
from claudemock.engine.cache_entries import Entry, MemoryEntries
from claudemock.prompt.canonical import BlockDigests
from claudemock.prompt.chain import read_prompt
from tests.cache.prompts import FIVE, MODEL, FlatCounts, Json, assistant, body, prompt_of, text, user


def conversation(turns: int, size: int = 10) -> Json:
    """`turns` turns of texts of `size` words, the last message marked."""
    messages = []
    for turn in range(turns):
        messages += [user(f"question {turn} " + "word " * size), assistant(f"answer {turn} " + "word " * size)]
    return body(*messages, user(text("and now?", FIVE)))


def test_only_new_blocks_are_hashed() -> None:
    """A conversation that grows by a turn pays for that turn, not for all that was said before."""
    memo, cache = BlockDigests(), PromptCache()
    hashed = []
    for turns in range(1, 41):
        before = memo.computed
        cache.plan(read_prompt(conversation(turns), MODEL, FlatCounts(), memo), 0.0)
        hashed.append(memo.computed - before)
    assert hashed == [3] + [2] * 39


def test_each_block_is_counted_once_per_request() -> None:
    """Twice the blocks, twice the questions to the estimator: prefixes are sums, not counted anew."""
    asked = []
    for turns in (50, 100):
        counts = FlatCounts()
        PromptCache().plan(read_prompt(conversation(turns), MODEL, counts, BlockDigests()), 0.0)
        asked.append(counts.asked)
    assert asked == [101, 201]


class Watched(MemoryEntries):
    """Counts how often the cache asks for an entry."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def get(self, key: bytes, now: float) -> Entry | None:
        """As usual."""
        self.asked += 1
        return super().get(key, now)


@pytest.mark.parametrize(
    "marks, positions",
    [
        pytest.param((29, 59, 89, 119), 4 * 20, id="four windows"),
        pytest.param((116, 117, 118, 119), 23, id="overlapping"),
        pytest.param((19, 119), 2 * 20, id="far apart"),
    ],
)
def test_look_ups_do_not_grow_with_the_conversation(marks: tuple[int, ...], positions: int) -> None:
    """Four breakpoints look at 80 positions at most, however long the prompt, and at each once."""
    blocks = [text(str(number), FIVE if number in marks else None) for number in range(120)]
    entries = Watched()
    PromptCache(entries).plan(prompt_of(body(user(*blocks))), 0.0)
    assert entries.asked == positions + len(marks)  # each mark asks once more before it writes


def test_memory_is_linear_in_breakpoints_not_in_text() -> None:
    """A hundred turns leave a hundred small entries, of the same size whether a turn is a line or a book."""
    sizes = []
    for words in (1, 2000):
        entries = MemoryEntries()
        cache, memo = PromptCache(entries), BlockDigests()
        for turns in range(1, 101):
            plan = cache.plan(read_prompt(conversation(turns, words), MODEL, FlatCounts(), memo), 0.0)
            cache.commit(plan, 0.0)
        assert len(entries) == 100
        sizes.append(deep_size(entries) + deep_size(memo))
    assert abs(sizes[0] - sizes[1]) < 2000  # of hash numbers, some fit into fewer bytes
    assert sizes[0] < 100 * 1000


def deep_size(value: Any, seen: set[int] | None = None) -> int:
    """Bytes of an object and all it holds."""
    seen = set() if seen is None else seen
    if id(value) in seen or isinstance(value, type):
        return 0
    seen.add(id(value))
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple):
        parts = list(value)
    elif hasattr(value, "__dict__"):
        parts = list(vars(value).values())
    elif hasattr(type(value), "__slots__"):
        parts = [getattr(value, name) for name in type(value).__slots__]
    return sys.getsizeof(value) + sum(deep_size(part, seen) for part in parts)


def test_the_memory_of_blocks_is_bounded() -> None:
    """However many different blocks come by, the memo keeps no more than it may, and still answers right."""
    memo = BlockDigests(most=50)
    for number in range(1000):
        read_prompt(body(user(str(number))), MODEL, FlatCounts(), memo).digests()
        assert len(memo) <= 50
    before = memo.computed
    read_prompt(body(user("999"), user("990")), MODEL, FlatCounts(), memo).digests()
    assert memo.computed == before


def test_expired_entries_vanish() -> None:
    """Nothing is kept of what can no longer be read, even if nobody asks for it again."""
    entries = MemoryEntries()
    cache = PromptCache(entries)
    for number in range(50):
        cache.commit(cache.plan(prompt_of(body(user(text(f"p{number}", FIVE)))), float(number)), float(number))
    assert len(entries) == 50
    cache.plan(prompt_of(body(user("unmarked"))), 310.0)
    assert len(entries) == 39
    cache.plan(prompt_of(body(user("unmarked"))), 1000.0)
    assert len(entries) == 0


def test_entries_are_bounded() -> None:
    """Beyond the bound, the entries that would expire first make room; those read lately stay."""
    entries = MemoryEntries(most=10)
    cache = PromptCache(entries)
    kept = prompt_of(body(user(text("kept", FIVE))))
    cache.commit(cache.plan(kept, 0.0), 0.0)
    for number in range(1, 100):
        cache.commit(cache.plan(prompt_of(body(user(text(f"p{number}", FIVE)))), float(number)), float(number))
        assert cache.plan(kept, float(number)).usage.read
        assert len(entries) <= 10


def test_refreshing_costs_no_memory() -> None:
    """An entry that is read all the time is one entry."""
    entries = MemoryEntries()
    cache, prompt = PromptCache(entries), prompt_of(body(user(text("a", FIVE))))
    cache.commit(cache.plan(prompt, 0.0), 0.0)
    before = deep_size(entries)
    for second in range(1000):
        assert cache.plan(prompt, float(second)).usage.read
    assert deep_size(entries) < before + 100


def test_put_is_compare_and_set() -> None:
    """A store of several processes can refuse a write that was based on something older."""
    entries = MemoryEntries()
    old, new = Entry(1, 300, 300.0), Entry(1, 300, 400.0)
    assert entries.put(b"k", old, None)
    assert entries.put(b"k", new, old)
    assert not entries.put(b"k", old, old)
    assert entries.get(b"k", 399.0) == new
    assert entries.get(b"k", 400.0) is None
