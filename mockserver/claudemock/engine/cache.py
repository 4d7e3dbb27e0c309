"""The prompt cache: what a request reads, what it writes, and how its input is billed.

The rules are those of the documentation (prompt caching, August 2026):

- an entry is written at each breakpoint whose prefix has the model's minimum of tokens, and nowhere else;
- each breakpoint, from the last to the first, looks at its own prefix and at the 19 before it, block by block;
- a read, and a write, let an entry live five minutes or an hour from the start of the request;
- what a request writes can be read once its response has begun.

Hence the two steps: `plan` when the request comes, `commit` when its response begins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from claudemock.engine.cache_entries import Entries, Entry, MemoryEntries
from claudemock.prompt.breakpoints import Breakpoint
from claudemock.prompt.chain import Prompt, is_server_result

LOOK_BACK = 20
"""Positions a breakpoint looks at, its own included."""

LIFETIMES = {"5m": 300, "1h": 3600}
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUsage:
    """The input tokens of one request by how they are billed; the four add up to the prompt."""

    input: int
    read: int = 0
    written_5m: int = 0
    written_1h: int = 0

    def counters(self) -> dict[str, Any]:
        """The fields of `usage`, in the API's order."""
        return {
            "input_tokens": self.input,
            "cache_creation_input_tokens": self.written_5m + self.written_1h,
            "cache_read_input_tokens": self.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.written_5m,
                "ephemeral_1h_input_tokens": self.written_1h,
            },
        }


class Write(NamedTuple):
    """An entry to be made once the response begins."""

    key: bytes
    entry: Entry


class Plan(NamedTuple):
    """What the cache does for one request that started at `started`; prefixes below `least` tokens are not cached."""

    prompt: Prompt
    started: float
    usage: CacheUsage
    writes: Sequence[Write] = ()
    least: int = 0


class PromptCache:
    """The cache of one workspace (or organization). `minimum_tokens` replaces every model's own minimum."""

    def __init__(self, entries: Entries | None = None, *, minimum_tokens: int | None = None) -> None:
        self._entries: Entries = MemoryEntries() if entries is None else entries
        self._minimum = minimum_tokens

    def plan(self, prompt: Prompt, now: float) -> Plan:
        """What the request reads, which is refreshed at once, and what it is going to write."""
        self._entries.purge(now)
        minimum = self._least(prompt)
        marks = [mark for mark in prompt.breakpoints if prompt.tokens(mark.position) >= minimum]
        if not marks:
            return Plan(prompt=prompt, started=now, usage=CacheUsage(input=prompt.input_tokens), least=minimum)
        keys = prompt.keys(_looked_at(marks))
        hit, read = self._hit(marks, keys, now)
        if hit >= 0:
            self._refresh(keys[hit], now)
        # The prefix of a hit is read whole, and with it whatever entries this request's own breakpoints have there.
        writes = [
            Write(keys[mark.position], _entry(prompt.tokens(mark.position), LIFETIMES[mark.ttl], now))
            for mark in marks
            if mark.position != hit and not self._refresh(keys[mark.position], now)
        ]
        return Plan(prompt=prompt, started=now, usage=_billed(prompt, marks, hit, read), writes=writes, least=minimum)

    def commit(self, plan: Plan, now: float, reply: Sequence[Mapping[str, Any]] = ()) -> None:
        """The response begins: what the request wrote can be read from now on.

        Behind each result of a server tool in `reply` (the blocks as served) the API sets a breakpoint of five minutes
        by itself, if the request asked for caching at all.
        """
        for write in plan.writes:
            self._write(write, now)
        if plan.prompt.breakpoints and any(map(is_server_result, reply)):
            for block, prefix in zip(reply, plan.prompt.continued(reply), strict=True):
                if is_server_result(block) and prefix.tokens >= plan.least:
                    self._write(Write(prefix.key, _entry(prefix.tokens, LIFETIMES["5m"], plan.started)), now)

    def _least(self, prompt: Prompt) -> int:
        return prompt.model.min_cache_tokens if self._minimum is None else self._minimum

    def _hit(self, marks: Sequence[Breakpoint], keys: Mapping[int, bytes], now: float) -> tuple[int, int]:
        """The last position whose prefix is cached, and the tokens cached there; -1 and 0 if there is none.

        The windows of several breakpoints may overlap; no position is looked at twice.
        """
        looked = marks[-1].position + 1
        for mark in reversed(marks):
            for position in range(min(mark.position, looked - 1), max(mark.position - LOOK_BACK, -1), -1):
                entry = self._entries.get(keys[position], now)
                if entry is not None:
                    return position, entry.tokens
            looked = min(looked, max(mark.position - LOOK_BACK + 1, 0))
        return -1, 0

    def _refresh(self, key: bytes, now: float) -> bool:
        """Let a live entry begin its own lifetime anew; says whether there is one."""
        while True:
            entry = self._entries.get(key, now)
            if entry is None:
                return False
            longer = Entry(entry.tokens, entry.lifetime, max(entry.expires, now + entry.lifetime))
            if self._entries.put(key, longer, entry):
                return True

    def _write(self, write: Write, now: float) -> None:
        """Another request may have written the same prefix since the plan was made."""
        while True:
            present = self._entries.get(write.key, now)
            entry = write.entry if present is None else present.merged(write.entry)
            if self._entries.put(write.key, entry, present):
                return


class PromptCaches:
    """The caches of a scope: one per workspace, or one in all (`shared`: Bedrock and Google Cloud do so).

    `entries` says where a cache, by its name, keeps what it holds.
    """

    def __init__(
        self,
        entries: Callable[[str], Entries] = lambda _: MemoryEntries(),
        *,
        shared: bool = False,
        minimum_tokens: int | None = None,
    ) -> None:
        self._entries = entries
        self._shared = shared
        self._minimum = minimum_tokens
        self._caches: dict[str, PromptCache] = {}

    def of(self, workspace: str) -> PromptCache:
        """The cache a workspace uses, made on first use."""
        name = "" if self._shared else workspace
        if name not in self._caches:
            self._caches[name] = PromptCache(self._entries(name), minimum_tokens=self._minimum)
        return self._caches[name]


def _looked_at(marks: Sequence[Breakpoint]) -> set[int]:
    return {position for mark in marks for position in range(max(mark.position - LOOK_BACK + 1, 0), mark.position + 1)}


def _entry(tokens: int, lifetime: int, started: float) -> Entry:
    return Entry(tokens, lifetime, started + lifetime)


def _billed(prompt: Prompt, marks: Sequence[Breakpoint], hit: int, read: int) -> CacheUsage:
    """Read up to the hit, written for an hour up to the last such breakpoint behind it, and for less up to the last.

    A prefix has the tokens it was written with, also when parameters have since changed that the estimator counts in
    front of it.
    """
    marked = max(prompt.tokens(marks[-1].position), min(read, prompt.tokens(len(prompt) - 1)))
    hours = [mark.position for mark in marks if mark.ttl == "1h" and mark.position > hit]
    read = min(read, marked)
    upto_hour = min(max(prompt.tokens(hours[-1]), read), marked) if hours else read
    return CacheUsage(
        input=prompt.input_tokens - marked,
        read=read,
        written_5m=marked - upto_hour,
        written_1h=upto_hour - read,
    )
