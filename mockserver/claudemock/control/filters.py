"""Which exchanges a control request means: path, status, model, scope, after, limit."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from claudemock.api.query import one
from claudemock.journal import Exchange, Journal
from claudemock.script.match import Pattern
from claudemock.wire.errors import invalid_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """A filter; None in a field lets everything through."""

    scope: str | None
    path: Pattern | None = None
    model: Pattern | None = None
    status: int | None = None
    after: int = 0
    limit: int | None = None

    @classmethod
    def parse(cls, parameters: dict[str, list[str]], scope: str, besides: Iterable[str] = ()) -> "Filters":
        """From query parameters; `scope=*` means every scope. `besides` are the endpoint's own parameters.

        Raises 400 naming the parameter that is wrong or unknown: a misspelt filter would let everything through.
        """
        known = [*(each.name for each in fields(cls)), *besides]
        unknown = next((name for name in parameters if name not in known), None)
        if unknown is not None:
            raise invalid_request(f"{unknown[:80]}: unknown parameter; known are {', '.join(known)}")
        asked = one(parameters, "scope")
        return cls(
            scope=None if asked == "*" else asked or scope,
            path=_pattern(parameters, "path"),
            model=_pattern(parameters, "model"),
            status=_whole(parameters, "status"),
            after=_after(one(parameters, "after")),
            limit=_whole(parameters, "limit"),
        )

    def apply(self, journal: Journal) -> list[Exchange]:
        """The exchanges that fit, oldest first."""
        return journal.find(self._fits, after=self.after, limit=self.limit)

    def _fits(self, entry: Exchange) -> bool:
        return (
            (self.scope is None or entry.scope == self.scope)
            and (self.status is None or entry.status == self.status)
            and (self.path is None or self.path(entry.path))
            and (self.model is None or self.model(entry.model or ""))
        )


def _pattern(parameters: dict[str, list[str]], name: str) -> Pattern | None:
    text = one(parameters, name)
    try:
        return None if text is None else Pattern(text, anywhere=False)
    except ValueError as error:
        raise invalid_request(f"{name}: {error}") from None


def _whole(parameters: dict[str, list[str]], name: str) -> int | None:
    text = one(parameters, name)
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise invalid_request(f"{name}: Input should be a whole number")
    return int(text)


def _after(text: str | None) -> int:
    """An exchange id (`exch_12`) or its number."""
    digits = (text or "0").removeprefix("exch_")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 15:
        raise invalid_request("after: Input should be an exchange id")
    return int(digits)
