"""Cache diagnostics: where a prompt departs from that of an earlier request (docs: cache diagnostics, GA 2026-09-28).

A fingerprint is kept of each request that has `diagnostics`, under the id of its response: digests and token counts,
never text. The answer says nothing about what the cache did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from claudemock.held import BoundedDict, Held
from claudemock.prompt.chain import Prompt

_MOST = 1024  # fingerprints per workspace
_HORIZON = 1024  # blocks compared one by one
_LIFETIME = 86_400  # seconds; the API keeps fingerprints "for a limited time"
_SHORT = 8  # bytes kept of a block's digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """One request's prompt: `blocks` are the short digests of its first blocks, `whole` is the digest of them all."""

    identity: bytes  # model and speed
    others: bytes  # thinking, tool_choice, betas and the like
    starts: tuple[int, int, int]
    length: int
    blocks: bytes
    whole: bytes
    tokens: int
    made_at: float


class Diagnostics:
    """The fingerprints of one workspace, at most `most`; the oldest go first."""

    def __init__(self, made: Held[Fingerprint] | None = None, *, most: int = _MOST, horizon: int = _HORIZON) -> None:
        self._horizon = horizon
        self._made = BoundedDict[Fingerprint](most) if made is None else made

    def __len__(self) -> int:
        return len(self._made)

    def answer(
        self, asked: Mapping[str, Any], prompt: Prompt, message_id: str, betas: frozenset[str], now: float
    ) -> dict[str, Any] | None:
        """The response's `diagnostics`, for the request's own, `asked`.

        `message_id` is that of this response: a later request may name it. None when there is nothing to compare with
        or nothing differs.
        """
        made = self._fingerprint(prompt, betas, now)
        previous = asked.get("previous_message_id")
        reason = None
        if previous is not None:
            reason = self._reason(self._made.get(previous), made, prompt, now)
        self._made.put(message_id, made)
        return None if reason is None else {"cache_miss_reason": reason}

    def _fingerprint(self, prompt: Prompt, betas: frozenset[str], now: float) -> Fingerprint:
        digests = prompt.digests()
        identity, others = prompt.fingerprint()
        return Fingerprint(
            identity=identity,
            others=others + "\0".join(sorted(betas)).encode(),
            starts=prompt.starts,
            length=len(digests),
            blocks=b"".join(digest[:_SHORT] for digest in digests[: self._horizon]),
            whole=_whole(digests),
            tokens=prompt.tokens(len(prompt) - 1) if len(prompt) else 0,
            made_at=now,
        )

    def _reason(
        self, before: Fingerprint | None, after: Fingerprint, prompt: Prompt, now: float
    ) -> dict[str, Any] | None:
        if before is None or now >= before.made_at + _LIFETIME:
            return {"type": "previous_message_not_found"}
        if before.identity != after.identity:
            return {"type": "model_changed", "cache_missed_input_tokens": before.tokens}
        place = _first_difference(before, after)
        changed = _changed_group(before, after, place)
        if changed is not None:
            kept = prompt.tokens(place - 1) if place else 0
            return {"type": changed, "cache_missed_input_tokens": max(before.tokens - kept, 0)}
        if before.others != after.others or _whole(prompt.digests()[: before.length]) != before.whole:
            return {"type": "unavailable"}
        return None


def _whole(digests: Sequence[bytes]) -> bytes:
    return blake2b(b"".join(digests), digest_size=16).digest()


def _first_difference(before: Fingerprint, after: Fingerprint) -> int:
    """The first position at which the short digests differ, or where the shorter ones end."""
    one, other = before.blocks, after.blocks
    length = min(len(one), len(other))
    if one[:length] == other[:length]:
        return length // _SHORT
    return next(at for at in range(0, length, _SHORT) if one[at : at + _SHORT] != other[at : at + _SHORT]) // _SHORT


def _changed_group(before: Fingerprint, after: Fingerprint, place: int) -> str | None:
    """Which group the first difference is in, earliest in prompt order; None if messages were only added."""
    _, system, messages = before.starts
    if before.starts[1] != after.starts[1] or place < system:
        return "tools_changed"
    if before.starts[2] != after.starts[2] or place < messages:
        return "system_changed"
    end = min(before.length, len(before.blocks) // _SHORT)
    return "messages_changed" if place < end else None
