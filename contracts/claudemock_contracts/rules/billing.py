"""What calls used and cost, in the API's counters and the catalogue's prices."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from claudemock.catalog import Model, Price
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.rules.asked import day_of
from claudemock_contracts.transcript import Call
from claudemock_contracts.transcript.sse import parse_events

INPUT, OUTPUT = "input_tokens", "output_tokens"
READ, WRITTEN = "cache_read_input_tokens", "cache_creation_input_tokens"
COUNTERS = (INPUT, OUTPUT, READ, WRITTEN)


class Used(NamedTuple):
    """Billed tokens by price."""

    input: int
    write_5m: int
    write_1h: int
    read: int
    output: int

    @property
    def prompt(self) -> int:
        """The whole prompt, cached or not."""
        return self.input + self.write_5m + self.write_1h + self.read


def count(usage: Mapping[str, Any], name: str) -> int:
    """A counter; 0 where there is none."""
    found = usage.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def used(usage: Mapping[str, Any]) -> Used:
    """The billed tokens of a `usage`. Writes without their split by lifetime are 5-minute ones."""
    split = usage.get("cache_creation")
    long = count(split, "ephemeral_1h_input_tokens") if isinstance(split, dict) else 0
    short = max(count(usage, WRITTEN) - long, 0)
    return Used(count(usage, INPUT), short, long, count(usage, READ), count(usage, OUTPUT))


def price_of(call: Call, tokens: Used) -> Price | None:
    """The prices a call is billed at: of its day, its length and its speed. None if they are not known."""
    usage = call.served.usage if call.served else {}
    speed = "fast" if usage.get("speed") == "fast" else "standard"
    return call.model.price(tokens.prompt, on=day_of(call.exchange), speed=speed) if call.model_known else None


def dollars(call: Call, tokens: Used | None = None) -> float | None:
    """What a call cost, in dollars; None if the catalogue knows no price, or nothing was served."""
    if call.served is None:
        return None
    found = used(call.served.usage) if tokens is None else tokens
    price = price_of(call, found)
    return None if price is None else priced(found, price) * factor(call)


def priced(tokens: Used, price: Price) -> float:
    """Dollars of tokens, each kind at its own price."""
    total = (
        tokens.input * price.input
        + tokens.write_5m * price.write_5m
        + tokens.write_1h * price.write_1h
        + tokens.read * price.read
        + tokens.output * price.output
    )
    return total / 1_000_000


def factor(call: Call) -> float:
    """What all prices of a call are multiplied with."""
    factors = call.prompts.catalog.price_factors
    usage = call.served.usage if call.served else {}
    kept = usage.get("inference_geo") == "us" and call.model.inference_geo != "not_available"
    return factors["inference_geo_us"].value if kept else 1.0


def usages(exchange: Exchange) -> Sequence[Mapping[str, Any]]:
    """The `usage` objects of a stream, in order: that of `message_start`, then those of the `message_delta`s."""
    events = exchange.events
    if events is None:
        events = parse_events(exchange.response) if isinstance(exchange.response, str) else ()
    found = []
    for event in events:
        data = event.data if isinstance(event.data, dict) else {}
        holder = data.get("message") if data.get("type") == "message_start" else data
        usage = holder.get("usage") if isinstance(holder, dict) else None
        if data.get("type") in ("message_start", "message_delta") and isinstance(usage, dict):
            found.append(usage)
    return found


def small_models(call: Call) -> list[Model]:
    """The Haiku models one would choose today, newest first."""
    return [model for model in call.prompts.catalog.models if model.line == "haiku" and model.lifecycle == "active"]
