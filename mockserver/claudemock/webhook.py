"""EXTENSION, not part of the real API, which has no webhook for batches: tell a URL that a batch has ended.

Requests are signed as Standard Webhooks describes, like the API's own webhooks, so the SDKs' `webhooks.unwrap` accepts
them. They go to the one URL the user gave and nowhere else: redirects are not followed, no proxy is used.
"""

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

DEFAULT_SECRET = "whsec_" + b64encode(b"claudemock-batch-webhook").decode()
_SECONDS = 5.0


class WebhookError(RuntimeError):
    """A webhook that cannot be set up, or was not delivered. The message is one sentence."""


class Webhook:
    """Sends signed events to `url`. Raises `WebhookError` for what it cannot use, or without `standardwebhooks`."""

    def __init__(self, url: str, secret: str | None = None) -> None:
        try:
            parts = urlsplit(url)
            self._port = parts.port
        except ValueError as error:
            raise WebhookError(f"--batch-webhook {url!r} is not a URL: {error}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WebhookError(f"--batch-webhook takes an http or https URL, not {url!r}")
        try:
            from standardwebhooks import Webhook as Signer
        except ImportError:
            raise WebhookError("--batch-webhook needs standardwebhooks: pip install 'claudemock[webhook]'") from None
        try:
            key = b64decode((secret or DEFAULT_SECRET).removeprefix("whsec_"), validate=True)
        except ValueError:
            key = b""
        if not key:
            raise WebhookError("--batch-webhook-secret is whsec_ and base64")
        self._signer = Signer(key)
        self._connection = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host = parts.hostname
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.url = url

    def send(self, id: str, body: bytes) -> None:  # noqa: A002 - the standard's own word
        """Deliver one event; blocks for seconds at most. Raises `WebhookError` unless it is answered with a 2xx."""
        now = datetime.now(UTC)  # receivers compare it with their own time, not with a scope's
        headers = {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(id, now, body.decode()),
        }
        connection = self._connection(self._host, self._port, timeout=_SECONDS)
        try:
            connection.request("POST", self._target, body, headers)
            status = connection.getresponse().status
        except (OSError, HTTPException) as error:
            raise WebhookError(f"{self.url}: {type(error).__name__}: {error}") from None
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise WebhookError(f"{self.url} answered {status}")
