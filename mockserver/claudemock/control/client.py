"""A typed client of the control API, on the standard library's HTTP so that it costs no import.

It works the same whether the server runs in this process, in another, or was started by hand.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

from claudemock.script.parts import Part, compose
from claudemock.virtual_time import VirtualTime, teller

__tracebackhide__ = True  # pytest then shows the line that called, not ours


class ControlError(RuntimeError):
    """The control API refused a call; the message is the server's own."""


class Exchanges(Sequence[dict[str, Any]]):
    """Exchanges in the order they began, each as the control API shows it."""

    def __init__(self, items: list[dict[str, Any]], dropped: int) -> None:
        self._items = items
        self.dropped = dropped

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._items)

    @property
    def statuses(self) -> list[int]:
        """The HTTP statuses."""
        return [item["response"]["status"] for item in self._items]

    @property
    def requests(self) -> list[Any]:
        """The request bodies."""
        return [item["request"]["body"] for item in self._items]


class ClockClient:
    """A scope's clock."""

    def __init__(self, server: "MockServer") -> None:
        self._server = server

    @property
    def now(self) -> str:
        """The time in the scope, RFC 3339."""
        return str(self._server.call("GET", "clock")["now"])

    def advance(self, seconds: float) -> str:
        """Move forward; returns the new time."""
        return str(self._server.call("POST", "clock", {"advance": seconds})["now"])

    def set(self, instant: str) -> str:
        """Jump to an RFC 3339 time; returns the new time."""
        return str(self._server.call("POST", "clock", {"set": instant})["now"])

    def freeze(self, frozen: bool = True) -> str:
        """Stop the clock, or let it run; paced streams on a frozen clock cost no time. Returns the time."""
        return str(self._server.call("POST", "clock", {"freeze": frozen})["now"])

    def virtual(self) -> VirtualTime:
        """Virtual time for the code under test: `with server.clock.virtual() as time: …`; `time.slept` lists sleeps.

        Inside, sleeping costs nothing, this clock moves on by as much, and the exchange before shows it (`slept`).
        """
        return VirtualTime(teller(self._server.base_url))


class FilesClient:
    """Files that a test puts onto the server."""

    def __init__(self, server: "MockServer") -> None:
        self._server = server

    def add(self, filename: str, content: str | bytes, *, downloadable: bool = True, **options: Any) -> dict[str, Any]:
        """Add a file, which clients may download unless `downloadable` is false; returns the API's file object.

        `options`: `mime_type` (else what the name says), `workspace`, `expires_in_seconds`. Raises `ControlError`.
        """
        said = {"text": content} if isinstance(content, str) else {"base64": b64encode(content).decode()}
        body = {"filename": filename, "downloadable": downloadable, **said, **options}
        return dict(self._server.call("POST", "files", body))


class BatchesClient(Sequence[dict[str, Any]]):
    """A scope's batches, oldest first, as the API shows them, with `workspace` and `script`. Looking is no poll."""

    def __init__(self, server: "MockServer") -> None:
        self._server = server

    def script(self, **script: Any) -> str:
        """Say how the next batch runs; returns the script's id.

        `duration` (seconds; without it a batch ends at its first poll), `errored expired canceled` (a number of
        requests, or a share below 1), `error={"type", "message"}`, `requests=[{"custom_id", "result", "error"?}]`,
        `order="shuffled"|"requests"|"reversed"`, `not_found` (requests answered 404 at first), `match={"workspace"}`,
        `times` (1; None: any number of batches). Raises `ControlError` for a script the server refuses.
        """
        return str(self._server.call("POST", "batches", {"scripts": [script]})["ids"][0])

    def clear(self) -> None:
        """Disarm all scripts of batches; the batches stay."""
        self._server.call("DELETE", "batches")

    def _all(self) -> list[dict[str, Any]]:
        return list(self._server.call("GET", "batches")["batches"])

    def __len__(self) -> int:
        return len(self._all())

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._all())


class When:
    """Replies for requests that fit a match."""

    def __init__(self, server: "MockServer", match: Mapping[str, Any]) -> None:
        self._server = server
        self._match = dict(match)

    def reply(self, *parts: str | Part, **options: Any) -> str:
        """Arm one reply for them; it answers any number of times unless `times` says how often."""
        return self._server.reply(*parts, match=self._match, **options)


class MockServer:
    """A running server, seen from one scope."""

    def __init__(self, base_url: str, scope: str = "default") -> None:
        self._root = base_url.rstrip("/")
        self.scope_name = scope
        self.clock = ClockClient(self)
        self.files = FilesClient(self)
        self.batches = BatchesClient(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._root!r}, {self.scope_name!r})"

    @property
    def base_url(self) -> str:
        """What an SDK takes as `base_url` (or `ANTHROPIC_BASE_URL`) to talk to this scope."""
        return self._root if self.scope_name == "default" else self._root + self._prefix

    @property
    def api_key(self) -> str:
        """A key that belongs to this scope."""
        return self.key()

    def key(self, workspace: str | None = None) -> str:
        """A key of this scope, bound to a workspace if one is named; in the names, what is special is escaped."""
        # sk-ant-mock-invalid is the key that is always refused
        name = "%69nvalid" if self.scope_name == "invalid" else _escaped(self.scope_name)
        return f"sk-ant-mock-{name}" + (f".{_escaped(workspace)}" if workspace else "")

    @property
    def _prefix(self) -> str:
        # URL parsers take a segment of dots for a step in the path
        dots = self.scope_name in (".", "..")
        return f"/s/{_escaped(self.scope_name) if dots else quote(self.scope_name, safe='')}"

    def scope(self, name: str) -> "MockServer":
        """The same server seen from another scope: nothing is shared with this one."""
        return MockServer(self._root, name)

    def reply(self, *parts: str | Part, **options: Any) -> str:
        """Arm one reply made of `parts` (text, `tool_use(…)`, `thinking(…)`, `refusal(…)`); returns its id.

        `options` are the other fields of a reply: `content stop_reason usage pacing chunk files times match`.
        Raises `ControlError` for a reply the server refuses.
        """
        armed = self.call("POST", "replies", {"replies": [compose(parts, options)]})
        return str(armed["ids"][0])

    def when(self, **match: Any) -> When:
        """Replies only for requests that fit: `when(contains="weather").reply("4 °C")`."""
        return When(self, match)

    def strict(self, strict: bool = True) -> None:
        """With `strict`, a request that no scripted reply fits is an error instead of the default reply."""
        self.call("POST", "replies", {"replies": [], "strict": strict})

    def fault(self, name: str, **parameters: Any) -> str:
        """Arm a fault: `fault("overloaded", times=2)`; returns its id. `name` may be a whole line, as on the CLI.

        `parameters` are the fault's own and those any takes: `times nth probability match path first_of_conversation
        until for_seconds`. Raises `ControlError` for what the server refuses.
        """
        fault: Any = {"fault": name, **parameters} if parameters or " " not in name else name
        return str(self.call("POST", "faults", {"faults": [fault]})["ids"][0])

    @property
    def faults(self) -> list[dict[str, Any]]:
        """Every fault armed in this scope; `fired` says how often it acted."""
        return list(self.call("GET", "faults")["faults"])

    def disarm(self, fault_id: str | None = None) -> None:
        """Disarm one fault, or all that were armed since the start."""
        self.call("DELETE", "faults" if fault_id is None else f"faults/{quote(fault_id, safe='')}")

    @property
    def exchanges(self) -> Exchanges:
        """Every exchange of this scope that is still in the journal."""
        return self.find()

    def judge(self) -> list[dict[str, Any]]:
        """What the contracts say of this scope's exchanges so far, gravest first; `severity` is error, warning or note.

        What could not be decided comes last (`verdict` inconclusive).
        """
        return list(self.call("GET", "findings")["findings"])

    @property
    def costs(self) -> dict[str, Any]:
        """What this scope's exchanges cost: `total`, `by_model`, `by_workspace` (see `GET /_mock/costs`)."""
        return dict(self.call("GET", "costs"))

    def find(self, **filters: str | int) -> Exchanges:
        """Exchanges by `path status model scope after limit`. Raises `ControlError` for any other filter."""
        listed = self.call("GET", "exchanges", query=filters)
        return Exchanges(listed["exchanges"], listed["dropped"])

    def wait(self, count: int = 1, timeout: float = 10, **filters: str | int) -> Exchanges:
        """Exchanges that fit, once there are `count` finished ones. Raises `TimeoutError` when they do not come.

        `timeout` is seconds, at most 80; `filters` are those of `find`.
        """
        listed = self.call("GET", "exchanges/wait", query={"count": count, "timeout": timeout, **filters})
        if not listed["complete"]:
            raise TimeoutError(f"{len(listed['exchanges'])} of {count} exchanges within {timeout} s")
        return Exchanges(listed["exchanges"], listed["dropped"])

    def reset(self) -> None:
        """Forget everything in this scope."""
        self.call("POST", "reset")

    def call(
        self,
        method: Literal["GET", "POST", "DELETE"],
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """One control request; returns its JSON. Raises `ControlError` for anything but 2xx."""
        target = f"{self._prefix}/_mock/{path}" + (f"?{urlencode(query)}" if query else "")
        status, raw = self._ask(method, target, None if body is None else json.dumps(body).encode())
        answer = json.loads(raw)
        if status >= 300:
            raise ControlError(answer["error"]["message"])
        return answer

    def _ask(self, method: str, target: str, body: bytes | None) -> tuple[int, bytes]:
        """One request over a connection of its own; the status and the body."""
        url = urlsplit(self._root)
        connection = HTTPConnection(url.hostname or "127.0.0.1", url.port, timeout=90)
        try:
            connection.request(method, url.path + target, body, {"content-type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _escaped(name: str) -> str:
    """A name as a part of a key, where a dot parts scope and workspace."""
    return quote(name, safe="").replace(".", "%2E")
