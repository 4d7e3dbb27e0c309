"""Canonical prompts of calls, with the work of a conversation's earlier calls reused by its later ones."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from claudemock.catalog import Catalog, Model
from claudemock.prompt.canonical import BlockDigests
from claudemock.prompt.chain import Prompt, read_prompt
from claudemock.prompt.segments import Path, content_of, listed
from claudemock.prompt.tokens import TokenEstimator
from claudemock_contracts.transcript.call import Call

_Costs = Sequence[tuple[Path, float]]


class Prompts:
    """Reads prompts. One per run: it remembers digests of blocks and token counts of texts."""

    def __init__(self, catalog: Catalog | None = None, estimator: TokenEstimator | None = None) -> None:
        self.catalog = catalog or Catalog.load()
        self.estimator = estimator or TokenEstimator.load()
        self.digests = BlockDigests()
        self._models: dict[str, Model] = {}

    def model(self, name: str) -> Model:
        """The catalogue's entry for a model; for an unknown name, one like it."""
        found = self._models.get(name)
        if found is None:
            found = self.catalog.resolve(name, "any")
            if found is None:
                raise LookupError(f"no entry for {name!r}, although `any` resolves every name")
            self._models[name] = found
        return found

    def of(self, call: Call) -> Prompt:
        """The call's prompt, with its whole history where a thread left it out."""
        if call.prompt_cache is None:
            body = call.body if not call.offset else {**call.body, "messages": call.messages}
            counts = _Continued(self.estimator, call)
            digests = _Known(self.digests, call, counts)
            call.prompt_cache = read_prompt(body, call.model, counts, digests)
            call.costs = counts.costs
            if call.previous is not None and call.previous.fresh < call.fresh:
                call.previous.costs = None  # a chain of calls keeps the counts of its last one
        return call.prompt_cache

    def key(self, call: Call) -> bytes:
        """The key of the whole prompt."""
        if call.key_cache is None:
            last = len(call.prompt) - 1
            call.key_cache = call.prompt.keys([last])[last] if last >= 0 else call.exchange.digest()
        return call.key_cache

    def same(self, one: object, other: object) -> bool:
        """Whether two messages are the same to the model: spelling and cache markers aside."""
        if one == other:
            return True
        if not isinstance(one, dict) or not isinstance(other, dict) or _aside(one) != _aside(other):
            return False
        mine, its = content_of(one.get("content")), content_of(other.get("content"))
        if len(mine) != len(its):
            return False
        role = str(one.get("role"))
        return self.digests.all([role] * len(mine), mine) == self.digests.all([role] * len(its), its)


def _aside(message: Mapping[str, Any]) -> dict[str, Any]:
    """All of a message but its content."""
    return {key: value for key, value in message.items() if key != "content"}


class _Continued:
    """The estimator for one call that goes on from another: what they share is not counted again."""

    def __init__(self, estimator: TokenEstimator, call: Call) -> None:
        self._estimator = estimator
        self._call = call
        self.block = estimator.block
        self.costs: _Costs = ()

    def segments(self, body: Mapping[str, Any], tokenizer: str) -> _Costs:
        self.costs = self._counted(body, tokenizer)
        return self.costs

    def _counted(self, body: Mapping[str, Any], tokenizer: str) -> _Costs:
        earlier, fresh = self._call.previous, self._call.fresh
        usable = earlier is not None and earlier.costs is not None and earlier.model is self._call.model
        messages = body.get("messages")
        if not usable or earlier is None or earlier.costs is None or fresh < 2 or not isinstance(messages, list):
            return self._estimator.segments(body, tokenizer)
        new = self._estimator.segments({**body, "messages": messages[fresh:]}, tokenizer)
        head = 1 + len(listed(body.get("tools"))) + len(content_of(body.get("system")))
        tail = [(("messages", int(path[1]) + fresh, *path[2:]), cost) for path, cost in new[head:]]
        return [*new[:head], *_shared(earlier.costs, fresh), *tail]


class _Known(BlockDigests):
    """Digests for one call that goes on from another: those of the messages they share are taken over."""

    __slots__ = ("_counts", "_memo", "_shared")

    def __init__(self, memo: BlockDigests, call: Call, counts: _Continued) -> None:
        super().__init__(1)
        self._memo = memo
        self._counts = counts
        self._shared: Sequence[bytes] = ()
        earlier = call.previous
        prompt = None if earlier is None else earlier.prompt_cache
        if earlier is None or prompt is None or earlier.costs is None or len(prompt) != len(earlier.costs) - 1:
            return  # some blocks are no part of the prompt, so they cannot be told by their numbers
        start = prompt.starts[2]
        self._shared = prompt.digests()[start : start + len(_shared(earlier.costs, call.fresh))]

    def all(self, places: Iterable[str], blocks: Iterable[Any]) -> list[bytes]:
        """As the memo does it, but for what is known."""
        where, what = list(places), list(blocks)
        if not self._shared or len(where) != len(self._counts.costs) - 1:
            return self._memo.all(where, what)
        head = next((at for at, place in enumerate(where) if place not in ("tools", "system")), len(where))
        rest = head + len(self._shared)
        known = self._memo.all(where[:head], what[:head])
        return [*known, *self._shared, *self._memo.all(where[rest:], what[rest:])]


def _shared(costs: _Costs, fresh: int) -> _Costs:
    """The counts of the messages before message `fresh`."""
    begin = next((at for at, (path, _) in enumerate(costs) if path[0] == "messages"), len(costs))
    low, high = begin, len(costs)
    while low < high:
        middle = (low + high) // 2
        number = costs[middle][0][1]
        if isinstance(number, int) and number < fresh:
            low = middle + 1
        else:
            high = middle
    return costs[begin:low]
