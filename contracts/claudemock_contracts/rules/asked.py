"""Everything a program asks of a model: requests to /v1/messages, and the rows of batches."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from claudemock.catalog import Model
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.transcript import Call, Transcript
from claudemock_contracts.transcript.batches import batch_rows

_BATCHES = "/v1/messages/batches"


class Asked(NamedTuple):
    """One request's parameters. `call` is None for a row of a batch; `known` whether the catalogue has the model."""

    exchange: Exchange
    body: Mapping[str, Any]
    model: Model
    known: bool
    call: Call | None
    prefix: str

    def where(self, place: str) -> str:
        """A place in the request: `thinking`, `requests.3.params.thinking`."""
        return f"{self.prefix}{place}"

    @property
    def betas(self) -> frozenset[str]:
        """The `anthropic-beta` values it was sent with."""
        return frozenset(betas_of(self.exchange))


def asked(story: Transcript) -> Iterator[Asked]:
    """All of them, the calls first."""
    for call in story.calls:
        yield Asked(call.exchange, call.body, call.model, call.model_known, call, "")
    for exchange in story.exchanges:
        if exchange.method != "POST" or exchange.endpoint != _BATCHES:
            continue
        for number, row in enumerate(batch_rows(exchange)):
            params = row.get("params")
            body = params if isinstance(params, dict) else {}
            name = body.get("model")
            known = isinstance(name, str) and name in story.prompts.catalog.by_name
            model = story.prompts.model(name if isinstance(name, str) else "")
            yield Asked(exchange, body, model, known, None, f"requests.{number}.params.")


def betas_of(exchange: Exchange) -> list[str]:
    """The values of the `anthropic-beta` header, in order."""
    values = exchange.headers.get("anthropic-beta", "").split(",")
    return [value.strip() for value in values if value.strip()]


def day_of(exchange: Exchange) -> str | None:
    """The day a request was made on, as a date; None if its time is missing or none."""
    try:
        return None if exchange.started is None else datetime.fromtimestamp(exchange.started, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def word(value: object) -> str:
    """A text; the empty one for anything else."""
    return value if isinstance(value, str) else ""


def inner(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A parameter that is an object; an empty one if it is none."""
    found = body.get(name)
    return found if isinstance(found, dict) else {}
