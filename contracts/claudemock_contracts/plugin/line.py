"""One connection to the server that is kept, because a test runner asks several times for every test."""

from http.client import HTTPConnection, HTTPException
from threading import Lock
from urllib.parse import urlsplit

from claudemock.control.client import MockServer


class Line:
    """A kept connection for one thread at a time."""

    def __init__(self, root: str) -> None:
        url = urlsplit(root)
        self._connection = HTTPConnection(url.hostname or "127.0.0.1", url.port, timeout=90)
        self._lock = Lock()

    def ask(self, method: str, target: str, body: bytes | None) -> tuple[int, bytes] | None:
        """The status and the body; None while another thread asks. A connection that was closed is made anew."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return self._ask(method, target, body)
        except (OSError, HTTPException):
            self._connection.close()
            return self._ask(method, target, body)
        finally:
            self._lock.release()

    def _ask(self, method: str, target: str, body: bytes | None) -> tuple[int, bytes]:
        self._connection.request(method, target, body, {"content-type": "application/json"})
        response = self._connection.getresponse()
        return response.status, response.read()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class LineServer(MockServer):
    """A server that is asked over one line."""

    def __init__(self, root: str, scope: str, line: Line) -> None:
        super().__init__(root, scope)
        self.root_url = root
        self.line = line

    def _ask(self, method: str, target: str, body: bytes | None) -> tuple[int, bytes]:
        answer = self.line.ask(method, target, body)
        return super()._ask(method, target, body) if answer is None else answer

    def lead(self, name: str | None, *, reset: str | None = None) -> tuple[str | None, int]:
        """Let a scope lead, or none. Returns which one led last, and the number of its exchanges before its `reset`."""
        answer = self.call("POST", "lead", {"scope": name, **({} if reset is None else {"reset": reset})})
        return answer["last"], answer["exchanges"]
