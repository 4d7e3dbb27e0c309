"""What an exchange costs, from the catalogue's dated prices, and the ledger of what all of them cost.

Amounts are whole picodollars (10⁻¹² $): one dollar per million tokens is 1,000,000 of them per token, so every price
with up to four decimals stays exact even when batch (0.5) and US inference (1.1) stack on it, and sums never drift.
Nanodollars would not do: the cheapest read is 10 of them, 5.5 in a US batch. Dollars appear only in JSON.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as quoted
from operator import add
from typing import Any, NamedTuple

from claudemock.catalog import Model, PriceFactor
from claudemock.held import BoundedDict, Held

PICODOLLARS = 10**12  # in one dollar
_PER_TOKEN = 10**6  # picodollars per token that one dollar per million tokens is
_OTHER = "(other)"


def _key(scope: str, workspace: str, model: str) -> str:
    """A line's place in the ledger, as JSON; written out, because every request asks for it."""
    return f"[{quoted(scope)}, {quoted(workspace)}, {quoted(model)}]"


_OTHER_LINE = _key(_OTHER, _OTHER, _OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The billed tokens of one exchange, by price."""

    input: int = 0
    write_5m: int = 0
    write_1h: int = 0
    read: int = 0
    output: int = 0

    @property
    def prompt(self) -> int:
        """The whole prompt, cached or not."""
        return self.input + self.write_5m + self.write_1h + self.read


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Picodollars, by what they were paid for; `uncached` is what the same exchange costs without the cache."""

    input: int = 0
    write_5m: int = 0
    write_1h: int = 0
    read: int = 0
    output: int = 0
    uncached: int = 0
    web_search: int = 0

    @property
    def total(self) -> int:
        """What was paid."""
        return self.input + self.write_5m + self.write_1h + self.read + self.output + self.web_search

    def to_json(self) -> dict[str, float]:
        """In dollars, with the total, `uncached`, and `saved` (below 0 where writes were not read yet)."""
        parts = {part.name: getattr(self, part.name) for part in fields(self) if part.name != "uncached"}
        sums = {"total": self.total, "uncached": self.uncached, "saved": self.uncached - self.total}
        return {name: amount / PICODOLLARS for name, amount in (parts | sums).items()}


def tokens_of(usage: Mapping[str, Any]) -> Tokens:
    """The billed tokens a `usage` object names.

    Several `iterations` are all billed, while the counters beside them are only the last one's (recorded); beside that
    of a compaction alone they are zero. Writes without the split by lifetime are 5-minute ones.
    """
    iterations = usage.get("iterations")
    if isinstance(iterations, list) and (len(iterations) > 1 or not _counted(usage).prompt):
        parts = [_counted(each) for each in iterations if isinstance(each, Mapping)]
        return Tokens(**{part.name: sum(getattr(each, part.name) for each in parts) for part in fields(Tokens)})
    return _counted(usage)


def cost_of(
    usage: Mapping[str, Any],
    model: Model,
    at: float,
    factors: Mapping[str, PriceFactor],
    *,
    batch: bool | None = None,
    speed: str | None = None,
    geo: str | None = None,
    prompt_tokens: int | None = None,
) -> Cost | None:
    """The cost of one exchange; None if the catalogue knows no price for the model.

    `at` is the time of the request in seconds since the epoch, `factors` the catalogue's `price_factors`. Batch, speed,
    geo and the prompt's length, which chooses the price tier, are what `usage` says unless given. US inference costs
    more only on models that can choose where they run. Web searches cost what they cost anywhere; the hours of code
    execution, of which most are free, are not priced.
    """
    tokens = tokens_of(usage)
    asked = usage.get("speed") if speed is None else speed
    price = model.price(
        tokens.prompt if prompt_tokens is None else prompt_tokens,
        on=_priced_on(model, at),
        speed="fast" if asked == "fast" else "standard",
    )
    if price is None:
        return None
    factor = float(_PER_TOKEN)
    if usage.get("service_tier") == "batch" if batch is None else batch:
        factor *= factors["batch"].value
    if (usage.get("inference_geo") if geo is None else geo) == "us" and model.inference_geo != "not_available":
        factor *= factors["inference_geo_us"].value
    searches = _searches(usage) * round(factors["web_search_thousand"].value * PICODOLLARS / 1000)
    plain, made = round(price.input * factor), tokens.output * round(price.output * factor)
    return Cost(
        input=tokens.input * plain,
        write_5m=tokens.write_5m * round(price.write_5m * factor),
        write_1h=tokens.write_1h * round(price.write_1h * factor),
        read=tokens.read * round(price.read * factor),
        output=made,
        uncached=tokens.prompt * plain + made + searches,
        web_search=searches,
    )


def is_billed(message: Mapping[str, Any]) -> bool:
    """Whether a reply is paid for: a refusal before any output is not (documentation of refusals, 2026)."""
    return message["stop_reason"] != "refusal" or bool(message["content"])


_AMOUNTS = tuple(part.name for part in fields(Cost))


class Line(NamedTuple):
    """What one model, workspace and scope used together. Tokens and picodollars."""

    requests: int = 0
    unpriced: int = 0
    tokens: tuple[int, ...] = (0,) * 5  # in the order of the fields of Tokens
    amounts: tuple[int, ...] = (0,) * 7  # in the order of the fields of Cost

    @classmethod
    def of(cls, used: Tokens, cost: Cost | None) -> "Line":
        """One paid exchange; `cost` None: its tokens count, and it is listed as unpriced."""
        made = (used.input, used.write_5m, used.write_1h, used.read, used.output)
        if cost is None:
            return cls(1, 1, made)
        return cls(1, 0, made, tuple(getattr(cost, name) for name in _AMOUNTS))

    def plus(self, other: "Line") -> "Line":
        """Both lines in one."""
        return Line(
            self.requests + other.requests,
            self.unpriced + other.unpriced,
            tuple(map(add, self.tokens, other.tokens)),
            tuple(map(add, self.amounts, other.amounts)),
        )

    def to_json(self) -> dict[str, Any]:
        """As the control API shows it: dollars, not picodollars."""
        names = [part.name for part in fields(Tokens)]
        cost = Cost(**dict(zip(_AMOUNTS, self.amounts, strict=True)))
        return {
            "requests": self.requests,
            "unpriced": self.unpriced,
            "tokens": dict(zip(names, self.tokens, strict=True)),
            "dollars": cost.to_json(),
        }


class Ledger:
    """What all exchanges of a server cost, in at most `limit` lines.

    Over that, the line used longest ago is counted in the line `(other)`, so the totals of the server stay true.
    """

    def __init__(self, lines: Held[Line] | None = None, *, limit: int = 10_000) -> None:
        self._limit = limit
        self._lines = BoundedDict[Line]() if lines is None else lines
        self._crowded = len(self._lines) > limit // 2  # before, nobody asks which line is the oldest

    def add(self, scope: str, workspace: str, model: str, line: Line) -> None:
        """Count the line of one paid exchange."""
        self._count(_key(scope, workspace, model), line)

    def clear(self, scope: str) -> None:
        """Forget a scope."""
        for key in [key for key, _ in self._lines.items() if json.loads(key)[0] == scope]:
            self._lines.pop(key)

    def _count(self, key: str, line: Line) -> None:
        before = self._lines.pop(key) if self._crowded else self._lines.get(key)  # popped and put it is the youngest
        self._lines.put(key, line if before is None else before.plus(line))
        if before is not None:
            return
        lines = len(self._lines)
        self._crowded = lines > self._limit // 2
        if lines > self._limit + (self._lines.get(_OTHER_LINE) is not None):
            oldest, dropped = next(item for item in self._lines.items() if item[0] != _OTHER_LINE)
            self._lines.pop(oldest)
            self._count(_OTHER_LINE, dropped)

    def to_json(self, scope: str | None = None) -> dict[str, Any]:
        """The costs of one scope, or of all.

        ================ ==============================================================================
        `currency`       `USD`
        `total`          one line: everything
        `by_model`       a line for each model id
        `by_workspace`   a line for each workspace
        `by_scope`       a line for each scope, that is each test
        a line           `requests`; `unpriced` (those of models without a known price); `tokens` and
                         `dollars` by `input`, `write_5m`, `write_1h`, `read`, `output`
        `dollars`        also: `web_search`; `total`; `uncached`, what the same costs without the cache; `saved`,
                         the difference, below 0 where writing the cache has not paid yet
        ================ ==============================================================================
        """
        all_lines = ((tuple(json.loads(key)), line) for key, line in self._lines.items())
        lines = [(key, line) for key, line in all_lines if key[0] == scope or scope is None]
        return {
            "currency": "USD",
            "total": _sum(line for _, line in lines).to_json(),
            "by_model": _grouped(lines, 2),
            "by_workspace": _grouped(lines, 1),
            "by_scope": _grouped(lines, 0),
        }


def _priced_on(model: Model, at: float) -> str:
    """The day whose prices hold; before a model's first price, that day."""
    day = datetime.fromtimestamp(at, UTC).date().isoformat()
    return max(day, model.prices[0].since) if model.prices else day


def _counted(usage: Mapping[str, Any]) -> Tokens:
    split = usage.get("cache_creation")
    split = split if isinstance(split, Mapping) else {}
    short, long = _number(split, "ephemeral_5m_input_tokens"), _number(split, "ephemeral_1h_input_tokens")
    return Tokens(
        input=_number(usage, "input_tokens"),
        write_5m=max(short, _number(usage, "cache_creation_input_tokens") - long),
        write_1h=long,
        read=_number(usage, "cache_read_input_tokens"),
        output=_number(usage, "output_tokens"),
    )


def _searches(usage: Mapping[str, Any]) -> int:
    ran = usage.get("server_tool_use")
    return _number(ran, "web_search_requests") if isinstance(ran, Mapping) else 0


def _number(usage: Mapping[str, Any], name: str) -> int:
    """A counter; what a script overrode with something else counts nothing."""
    value = usage.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _sum(lines: Iterable[Line]) -> Line:
    total = Line()
    for line in lines:
        total = total.plus(line)
    return total


def _grouped(lines: Iterable[tuple[tuple[str, str, str], Line]], part: int) -> dict[str, Any]:
    groups: dict[str, Line] = {}
    for key, line in lines:
        groups[key[part]] = groups.get(key[part], Line()).plus(line)
    return {name: groups[name].to_json() for name in sorted(groups)}
