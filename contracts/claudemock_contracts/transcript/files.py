"""Files of the Files API: uploaded, referred to, deleted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.transcript.call import Call
from claudemock_contracts.transcript.history import Part, kind_of, parts_of

_PATH = "/v1/files"


@dataclass(slots=True, eq=False)
class File:
    """One file. `metadata` is what the upload answered; `references` are calls that name it and were fresh with it."""

    id: str
    uploaded: Exchange | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    references: list[tuple[Call, Part]] = field(default_factory=list)
    deleted: Exchange | None = None


class Files:
    """The files of a transcript, by id, in the order they were first seen."""

    def __init__(self) -> None:
        self.by_id: dict[str, File] = {}

    def take(self, exchange: Exchange) -> None:
        """Note an upload or a deletion."""
        if not exchange.endpoint.startswith(_PATH) or exchange.failed:
            return
        name = exchange.endpoint[len(_PATH) :].strip("/")
        shown = exchange.response if isinstance(exchange.response, dict) else {}
        if exchange.method == "POST" and not name and isinstance(shown.get("id"), str):
            file = self._of(shown["id"])
            file.uploaded, file.metadata = exchange, shown
        elif exchange.method == "DELETE" and name:
            self._of(name).deleted = exchange

    def refer(self, call: Call) -> None:
        """Note the files that the fresh messages of a call name."""
        for number in range(call.fresh, len(call.messages)):
            for part in parts_of(call.messages[number], number):
                for name in file_ids(part.block):
                    self._of(name).references.append((call, part))

    def _of(self, name: str) -> File:
        return self.by_id.setdefault(name, File(name))


def file_ids(block: Mapping[str, Any]) -> Iterator[str]:
    """The ids of the files a block names, also inside a tool result."""
    source = block.get("source")
    named = source.get("file_id") if isinstance(source, dict) else None
    if kind_of(block) == "container_upload":
        named = block.get("file_id")
    if isinstance(named, str):
        yield named
    inner = block.get("content")
    if kind_of(block) == "tool_result" and isinstance(inner, list):
        yield from _inner(inner)


def _inner(blocks: Iterable[Any]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, dict) and kind_of(block) != "tool_result":
            yield from file_ids(block)
