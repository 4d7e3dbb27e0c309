"""Canonical prompts of calls, with the work of a conversation's earlier calls reused by its later ones."""

from collections.abc import Mapping
from typing import Any

from claudemock.catalog import Catalog, Model
from claudemock.prompt.canonical import BlockDigests
from claudemock.prompt.chain import Earlier, Prompt, read_prompt
from claudemock.prompt.segments import content_of
from claudemock.prompt.tokens import TokenEstimator
from claudemock_contracts.transcript.call import Call
from claudemock_contracts.transcript.words import Words


class Prompts:
    """Reads prompts. One per run: it remembers digests of blocks and token counts of texts."""

    def __init__(self, catalog: Catalog | None = None, estimator: TokenEstimator | None = None) -> None:
        self.catalog = catalog or Catalog.load()
        self.estimator = estimator or TokenEstimator.load()
        self.digests = BlockDigests()
        self.words = Words()
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
            earlier = _earlier(call)
            call.prompt_cache = read_prompt(body, call.model, self.estimator, self.digests, earlier=earlier)
        return call.prompt_cache

    def key(self, call: Call) -> bytes:
        """The key of the whole prompt."""
        if call.key_cache is None:
            last = len(call.prompt) - 1
            call.key_cache = call.prompt.keys([last])[last] if last >= 0 else call.exchange.digest()
        return call.key_cache

    def same(self, one: object, other: object) -> bool:
        """Whether two messages are the same to the model: spelling and cache markers aside."""
        if not isinstance(one, dict) or not isinstance(other, dict) or _aside(one) != _aside(other):
            return False
        mine, its = content_of(one.get("content")), content_of(other.get("content"))
        if len(mine) != len(its):
            return False
        role = str(one.get("role"))
        return self.digests.all([role] * len(mine), mine) == self.digests.all([role] * len(its), its)


def written_alike(one: object, other: object) -> bool:
    """Whether two messages are equal, in the order of the keys of tool inputs too, which is part of the prompt."""
    if one != other:
        return False
    if type(one) is not dict or type(other) is not dict or one.get("role") != "assistant":
        return True
    mine, its = one.get("content"), other.get("content")
    if type(mine) is not list or type(its) is not list:
        return True
    for block, again in zip(mine, its, strict=True):
        if type(block) is dict and "input" in block and not _in_order(block["input"], again["input"]):
            return False
    return True


def _in_order(one: Any, other: Any) -> bool:
    """Whether two equal values have their keys in the same order."""
    if type(one) is dict:
        return list(one) == list(other) and all(_in_order(one[key], other[key]) for key in one)
    return type(one) is not list or all(map(_in_order, one, other))


def _aside(message: Mapping[str, Any]) -> dict[str, Any]:
    """All of a message but its content."""
    return {key: value for key, value in message.items() if key != "content"}


def _earlier(call: Call) -> Earlier | None:
    """What was read of the call this one goes on from."""
    before = call.previous
    if before is None or before.prompt_cache is None:
        return None
    shared = min(call.alike, len(before.messages) - 1)
    return Earlier(before.prompt_cache, shared) if shared > 0 else None
