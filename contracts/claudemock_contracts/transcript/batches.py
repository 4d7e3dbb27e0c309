"""Message batches as state machines: what the client did with each, from what it sent and saw."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from claudemock_contracts.exchange import Exchange

_PATH = "/v1/messages/batches"
State = Literal["never polled", "given up", "ended, not fetched", "fetched in part", "collected", "canceled"]


@dataclass(slots=True, eq=False)
class Batch:
    """One batch. `polls` are the times it was looked at, `lists` the lists it was in; `seen` what they all showed.

    A poll just before a download may be the SDK's own (`batches.results()` asks for the address first).
    """

    id: str
    created: Exchange | None = None
    rows: tuple[Mapping[str, Any], ...] = ()
    polls: list[Exchange] = field(default_factory=list)
    lists: list[Exchange] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    fetches: list[Exchange] = field(default_factory=list)
    cancels: list[Exchange] = field(default_factory=list)
    deleted: bool = False

    @property
    def ended(self) -> bool:
        """Whether the client saw that the batch had ended."""
        return "ended" in self.seen

    @property
    def state(self) -> State:
        """How far the client got."""
        if any(not fetch.failed and fetch.ended in (None, "clean") for fetch in self.fetches):
            return "collected"
        if any(not fetch.failed or fetch.ended in ("cut", "client_gone") for fetch in self.fetches):
            return "fetched in part"
        if self.cancels:
            return "canceled"
        if self.ended:
            return "ended, not fetched"
        return "given up" if self.polls or self.lists else "never polled"


class Batches:
    """The batches of a transcript, by id, in the order they were first seen."""

    def __init__(self) -> None:
        self.by_id: dict[str, Batch] = {}

    def take(self, exchange: Exchange) -> None:
        """Note an exchange if it concerns batches."""
        if not exchange.endpoint.startswith(_PATH):
            return
        parts = [part for part in exchange.endpoint[len(_PATH) :].split("/") if part]
        if not parts:
            self._collection(exchange)
        elif exchange.method == "GET" and len(parts) == 1:
            self._of(parts[0]).polls.append(exchange)
            self._saw(exchange.response)
        elif parts[1:] == ["results"]:
            self._of(parts[0]).fetches.append(exchange)
        elif parts[1:] == ["cancel"]:
            self._of(parts[0]).cancels.append(exchange)
        elif exchange.method == "DELETE" and not exchange.failed:
            self._of(parts[0]).deleted = True

    def _collection(self, exchange: Exchange) -> None:
        if exchange.method == "POST":
            shown = exchange.response if isinstance(exchange.response, dict) else {}
            if isinstance(shown.get("id"), str):
                batch = self._of(shown["id"])
                batch.created, batch.rows = exchange, tuple(batch_rows(exchange))
                self._saw(shown)
        elif isinstance(exchange.response, dict):
            listed = exchange.response.get("data")
            for shown in listed if isinstance(listed, list) else ():
                if isinstance(shown, dict) and isinstance(shown.get("id"), str):
                    self._of(shown["id"]).lists.append(exchange)
                    self._saw(shown)

    def _saw(self, shown: object) -> None:
        if isinstance(shown, dict) and isinstance(shown.get("id"), str):
            status = shown.get("processing_status")
            if isinstance(status, str):
                self._of(shown["id"]).seen.append(status)

    def _of(self, name: str) -> Batch:
        return self.by_id.setdefault(name, Batch(name))


def batch_rows(exchange: Exchange) -> Iterator[Mapping[str, Any]]:
    """The rows of a request that creates a batch; what is no object is an empty one."""
    rows = exchange.json().get("requests")
    for row in rows if isinstance(rows, list) else ():
        yield row if isinstance(row, dict) else {}
