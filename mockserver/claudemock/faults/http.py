"""Faults that answer instead of the API, each with the API's own type and message.

Wordings: ERRORS R47, R60, R62, Q108 recorded; 402, 403 and 504 after the documentation of errors (August 2026). A 5xx
other than 529 says nothing about retrying, so that clients follow their own rules.
"""

import re
from collections.abc import Mapping
from email.utils import formatdate
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from claudemock.clock import rfc3339
from claudemock.engine.limits import Refused
from claudemock.faults.base import Fault, Target
from claudemock.wire.errors import ApiError

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})
Status = Annotated[int, Field(ge=400, le=599)]
Seconds = Annotated[float, Field(ge=0, le=4_294_967)]


class Answer(Fault):
    """An answer instead of the endpoint's. Parameters left out are those of the kind of answer.

    `retry_after` is sent as it is given, seconds or any text; `retry_after_date` as the HTTP date that many seconds
    from now.
    """

    acts_on: ClassVar[Literal["request"]] = "request"

    status: Status | None = None
    message: str | None = None
    retry_after: float | str | None = None
    retry_after_ms: Seconds | None = None
    retry_after_date: Seconds | None = None
    should_retry: bool | None = None
    headers: Annotated[dict[str, str], Field(default_factory=dict)]

    @field_validator("retry_after")
    @classmethod
    def _sendable(cls, value: float | str | None) -> float | str | None:
        if isinstance(value, str):
            _check_value("retry_after", value)
        return value

    @field_validator("headers")
    @classmethod
    def _headers_sendable(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _NAME.fullmatch(name) or name.lower() in _FRAMING:
                raise ValueError(f"{name[:60]!r} is not a header a fault can set")
            _check_value(name, text)
        return {name.lower(): text for name, text in value.items()}

    def response_headers(self, target: Target, status: int) -> dict[str, str]:
        """Headers of the answer; an empty value keeps a header out that the API would send."""
        made = dict(self.own_headers(target))
        if self.retry_after is not None:
            wait = self.retry_after
            made["retry-after"] = wait if isinstance(wait, str) else _plain(wait)
        if self.retry_after_date is not None:
            made["retry-after"] = formatdate(target.wall + self.retry_after_date, usegmt=True)
        if self.retry_after_ms is not None:
            made["retry-after-ms"] = _plain(self.retry_after_ms)
        if self.should_retry is not None:
            made["x-should-retry"] = str(self.should_retry).lower()
        elif status >= 500 and status != 529:
            made["x-should-retry"] = ""
        return made | self.headers

    def own_headers(self, target: Target) -> Mapping[str, str]:  # noqa: ARG002 - for those that override it
        """Headers that belong to this kind of error."""
        return {}


def _plain(number: float) -> str:
    """With all its digits, and without a fraction where there is none."""
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


class HttpFault(Answer):
    """An error in the API's envelope."""

    default: ClassVar[tuple[int, str, str]]  # status, type, message

    error_type: Annotated[str, Field(min_length=1, max_length=100)] | None = None

    def on_request(self, target: Target) -> ApiError:
        """The error."""
        status, kind, message = self.default
        return ApiError(
            self.status or status,
            self.error_type or kind,
            self.message if self.message is not None else message,
            headers=self.response_headers(target, self.status or status),
        )


def _check_value(name: str, text: str) -> None:
    if not _VALUE.fullmatch(text):
        raise ValueError(f"{name[:60]}: a header's value has no line breaks and no characters beyond Latin-1")


class Overloaded(HttpFault):
    """529: the API has no capacity."""

    default = (529, "overloaded_error", "Overloaded")


class RateLimited(HttpFault):
    """429: over the rate limit; with `retry-after: 1` unless something else is asked for."""

    default = (429, "rate_limit_error", "")

    def on_request(self, target: Target) -> ApiError:
        """The error, worded and with the headers of the limit that is spent."""
        error = super().on_request(target)
        if self.message is None:
            error.message = (
                Refused(2_000_000, "input tokens", target.model or "", None, ()).error(target.organization).message
            )
        return error

    def own_headers(self, target: Target) -> Mapping[str, str]:
        """The spent limit, and when it is full again."""
        asked = (self.retry_after, self.retry_after_ms, self.retry_after_date)
        waits = 1.0 if asked == (None, None, None) else 0.0
        full = rfc3339(target.now + max(waits, _seconds(self.retry_after)))
        limit = "anthropic-ratelimit"
        headers = {
            f"{limit}-input-tokens-limit": "2000000",
            f"{limit}-input-tokens-remaining": "0",
            f"{limit}-input-tokens-reset": full,
            f"{limit}-requests-limit": "4000",
            f"{limit}-requests-remaining": "3999",
            f"{limit}-requests-reset": rfc3339(target.now),
        }
        return headers | ({"retry-after": "1"} if waits else {})


def _seconds(wait: Any) -> float:
    return float(wait) if isinstance(wait, int | float) and 0 < wait < 1e6 else 0.0


class RequestTooLarge(HttpFault):
    """413: the body is over the limit, whatever its size."""

    default = (413, "request_too_large", "Request exceeds the maximum size")


class ServerError(HttpFault):
    """500: something broke. With `status` and `error_type` it is any other error."""

    default = (500, "api_error", "Internal server error")


class GatewayTimeout(HttpFault):
    """504: the answer took too long."""

    default = (504, "timeout_error", "The request timed out while processing.")


class Authentication(HttpFault):
    """401: the key is wrong."""

    default = (401, "authentication_error", "invalid x-api-key")


class Permission(HttpFault):
    """403: the key may not do this."""

    default = (403, "permission_error", "Your API key does not have permission to use the specified resource.")


class Billing(HttpFault):
    """402: the account cannot pay."""

    default = (402, "billing_error", "There's an issue with your billing or payment information.")


class NotFound(HttpFault):
    """404: the model is not there, or what else was asked for."""

    default = (404, "not_found_error", "Not found")

    def on_request(self, target: Target) -> ApiError:
        """The error; it names the model where the request does."""
        error = super().on_request(target)
        if self.message is None and target.model is not None:
            error.message = f"model: {target.model}"
        return error
