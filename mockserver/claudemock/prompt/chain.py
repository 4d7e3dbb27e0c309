"""The prompt of one request as a chain: a key for every prefix that could be cached, and the tokens up to it.

Two requests have the same key at a position exactly when the model reads the same prompt up to there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

from claudemock.catalog import Model
from claudemock.prompt import parameters
from claudemock.prompt.breakpoints import Breakpoint, Ttl, cacheable, kind_of
from claudemock.prompt.canonical import SIZE, BlockDigests
from claudemock.prompt.segments import Before, Counts, Walk, walk

Group = Literal["tools", "system", "messages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One block of a prompt.

    `location` is in the API's notation (`messages.0.content.1`). `digest` is that of the block alone, `key` that of
    the prompt up to its end, which has `tokens` tokens. `ttl` is that of the breakpoint on it, None without one.
    """

    location: str
    group: Group
    place: str  # the role of its message; `tools` or `system` outside of messages
    digest: bytes
    key: bytes
    tokens: int
    ttl: Ttl | None
    cacheable: bool


class Prefix(NamedTuple):
    """A prefix of a prompt that ends behind a block of the reply."""

    key: bytes
    tokens: int


class Earlier(NamedTuple):
    """The prompt of an earlier request that began with the same `messages` messages, which were not all it had."""

    prompt: "Prompt"
    messages: int


class Prompt:
    """One request's prompt. Nothing is hashed before a key or digest is asked for."""

    __slots__ = (
        "_betas",
        "_body",
        "_counts",
        "_digests",
        "_keys",
        "_known",
        "_memo",
        "_opening",
        "_stream",
        "_walk",
        "model",
    )

    def __init__(
        self,
        body: Mapping[str, Any],
        model: Model,
        counts: Counts,
        memo: BlockDigests,
        betas: frozenset[str],
        earlier: Earlier | None,
    ) -> None:
        self.model = model
        self._body = body
        self._betas = betas
        self._counts = counts
        self._memo = memo
        before = None if earlier is None or earlier.prompt.model != model else earlier
        self._walk: Walk = walk(body, model, counts, before and Before(before.prompt._walk, before.messages))
        self._known: Sequence[bytes] = () if before is None else before.prompt._leading(before.messages, self._walk)
        self._digests: list[bytes] | None = None
        self._stream: bytes | None = None
        self._keys: dict[int, bytes] = {}
        self._opening = parameters.opening_tokens(body, model, self._walk)

    def __len__(self) -> int:
        """How many blocks there are: positions run from 0 to one less."""
        return len(self._walk.blocks)

    @property
    def input_tokens(self) -> int:
        """Tokens of the whole prompt, at least 1: what the estimator says for the request."""
        return self._walk.input_tokens

    @property
    def breakpoints(self) -> Sequence[Breakpoint]:
        """Explicit and automatic cache breakpoints, by position."""
        return self._walk.breakpoints

    @property
    def starts(self) -> tuple[int, int, int]:
        """The positions where tools, system and messages begin, be they empty or not."""
        return 0, self._walk.system, self._walk.messages

    def tokens(self, position: int) -> int:
        """Tokens up to the end of a block, never falling.

        Behind the last block stand only the few tokens that open the reply.
        """
        seen = self._walk
        upto = seen.input_tokens
        if position < len(seen.blocks) - 1:
            upto = min(round(seen.upto[position]), upto)
        return max(upto - self._opening, 0)

    def digests(self) -> Sequence[bytes]:
        """The digest of each block by itself."""
        if self._digests is None:
            seen, known = self._walk, self._known
            at = seen.messages
            new = at + len(known)
            self._digests = self._memo.all(seen.places[:at], seen.blocks[:at])
            self._digests += known
            self._digests += self._memo.all(seen.places[new:], seen.blocks[new:])
        return self._digests

    def _leading(self, messages: int, other: Walk) -> Sequence[bytes]:
        """The digests, as far as known, of the first messages, which are the first ones of `other` too."""
        if self._digests is None or self._walk.left or other.left:
            return ()
        return self._digests[self._walk.messages : self._walk.firsts[messages]]

    def keys(self, positions: Iterable[int]) -> dict[int, bytes]:
        """The keys of the prefixes that end at these positions."""
        wanted = set(positions)
        if not wanted <= self._keys.keys():
            stream, state, done = memoryview(self._units()), blake2b(digest_size=SIZE), 0
            for position in sorted(wanted):
                before = 2 + (position >= self._walk.system) + (position >= self._walk.messages)
                end = (position + before) * SIZE
                state.update(stream[done:end])
                self._keys[position], done = state.copy().digest(), end
        return {position: self._keys[position] for position in wanted}

    def continued(self, reply: Sequence[Mapping[str, Any]]) -> list[Prefix]:
        """The prefix behind each block of the reply, as the model and a later request that echoes it read on."""
        state = blake2b(self._units(), digest_size=SIZE)
        tokens = float(self.input_tokens - self._opening)
        prefixes = []
        for block, digest in zip(reply, self._memo.all(["assistant"] * len(reply), reply), strict=True):
            state.update(digest)
            tokens += self._counts.block(block, self.model.tokenizer)
            prefixes.append(Prefix(state.copy().digest(), round(tokens)))
        return prefixes

    def location(self, position: int) -> str:
        """Where a block stands in the request: `tools.0`, `system.1`, `messages.2.content.3`."""
        return self._walk.location(position)

    def segments(self) -> Iterator[Segment]:
        """Every block with its key: for reports; serving a request needs only a few keys."""
        seen, digests, keys = self._walk, self.digests(), self.keys(range(len(self)))
        marked = dict(self.breakpoints)
        for position, block in enumerate(seen.blocks):
            yield Segment(
                location=seen.location(position),
                group="tools" if position < seen.system else "system" if position < seen.messages else "messages",
                place=seen.places[position],
                digest=digests[position],
                key=keys[position],
                tokens=self.tokens(position),
                ttl=marked.get(position),
                cacheable=cacheable(block),
            )

    def fingerprint(self) -> tuple[bytes, bytes]:
        """Digests of what is no block: model and speed; other parameters that shape the prompt, betas included."""
        identity = parameters.all_groups({}, self.model, frozenset()) + (parameters.speed(self._body) or "").encode()
        others = parameters.messages_only(self._body, self.model, self._walk)
        return identity, others

    def _units(self) -> bytes:
        """What is hashed: the digests of all blocks, each group's behind a digest of the parameters it depends on."""
        if self._stream is None:
            seen, body = self._walk, self._body
            digests = self.digests()
            parts = [parameters.all_groups(body, self.model, self._betas), *digests[: seen.system]]
            parts += [parameters.system_and_messages(body, seen), *digests[seen.system : seen.messages]]
            parts += [parameters.messages_only(body, self.model, seen), *digests[seen.messages :]]
            self._stream = b"".join(parts)
        return self._stream


def read_prompt(
    body: Mapping[str, Any],
    model: Model,
    counts: Counts,
    memo: BlockDigests | None = None,
    *,
    key_betas: frozenset[str] = frozenset(),
    earlier: Earlier | None = None,
) -> Prompt:
    """The prompt of a request to /v1/messages, given as parsed JSON.

    `memo` makes blocks that are sent again cheap; share one per world. `key_betas` are betas that join every key (by
    default none do: it is not documented that they would). What is known of an `earlier` request is not read again.
    """
    return Prompt(body, model, counts, BlockDigests() if memo is None else memo, key_betas, earlier)


def is_server_result(block: Mapping[str, Any]) -> bool:
    """Whether a block is the result of a tool the server ran: behind it the model samples anew."""
    kind = kind_of(block)
    return kind.endswith("_tool_result") and kind != "tool_result"
