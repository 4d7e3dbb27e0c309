"""How one batch is to run: what a script said when it was created. It is kept with the batch, so it is plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Order = Literal["shuffled", "requests", "reversed"]
Failure = Literal["errored", "expired", "canceled"]
FAILURES: tuple[Failure, ...] = ("errored", "expired", "canceled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`duration`: seconds on the scope's clock until the last request is done; None: until the first poll.

    `errored`, `expired` and `canceled` say how many requests end so, by a seeded draw: a whole number of them, or a
    share below 1. `requests` picks single ones: `(pattern, how it ends, error)`, the first that fits its `custom_id`;
    `error` is the `{type, message}` of the errored. `not_found`: how many requests about the batch are answered 404
    before it is known. `script` names where the plan came from.
    """

    duration: float | None = None
    errored: float = 0
    expired: float = 0
    canceled: float = 0
    error: Mapping[str, str] | None = None
    requests: Sequence[tuple[str, Failure, Mapping[str, str] | None]] = ()
    order: Order = "shuffled"
    not_found: int = 0
    script: str | None = None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Plan":
        """The plan that was kept as JSON."""
        return cls(**{**data, "requests": [tuple(each) for each in data["requests"]]})

    def drawn(self, rank: int, count: int) -> Failure | None:
        """How the request that is drawn as number `rank` of `count` fails; None: it does not."""
        upto = 0
        for failure in FAILURES:
            asked = getattr(self, failure)
            upto += round(asked * count) if asked < 1 else int(asked)
            if rank < upto:
                return failure
        return None
