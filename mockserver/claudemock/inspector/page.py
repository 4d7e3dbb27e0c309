"""GET /_mock/: a page that watches a scope's exchanges, what they cost and what the contracts say of them.

One file without anything from elsewhere; it reads only the control API, and shows what was sent as text, never as
markup.
"""

from importlib.resources import files

from claudemock.api.asgi import AsgiScope, HeaderBlock, Receive, Send
from claudemock.api.respond import send_whole

_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
    b" frame-ancestors 'none'"
)
_TYPES = {"html": b"text/html", "js": b"text/javascript", "css": b"text/css"}


class Page:
    """One of the page's files."""

    def __init__(self, name: str) -> None:
        self._body = files("claudemock.inspector").joinpath(name).read_bytes()
        self._headers = b"content-type: %b; charset=utf-8\r\ncontent-length: %d\r\n%b: %b\r\n%b: nosniff\r\n" % (
            _TYPES[name.rpartition(".")[2]],
            len(self._body),
            b"content-security-policy",
            _POLICY,
            b"x-content-type-options",
        )

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Serve one request."""
        await send_whole(send, 200, HeaderBlock(self._headers, len(self._body)), self._body)
