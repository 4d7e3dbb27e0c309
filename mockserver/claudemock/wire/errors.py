"""The error envelope, and the one exception that every refusal is raised as.

Envelope and key order as recorded on the real API (request_id is in the body since August 2025)::

    {"type": "error", "error": {"type": …, "message": …, "details"?: {"error_code": …}}, "request_id": "req_…"}
"""

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """A refusal, as the API would answer it.

    `details` is the envelope's optional object (`{"error_code": …}`), present only where the error has a code.
    `headers` are added to the response (lower-case names).
    """

    def __init__(
        self,
        status: int,
        type: str,  # noqa: A002 - the API's own word
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.message = message
        self.details = details
        self.headers = dict(headers or {})

    def envelope(self, request_id: str | None) -> dict[str, Any]:
        """The JSON body of the response."""
        error: dict[str, Any] = {"type": self.type, "message": self.message}
        if self.details is not None:
            error["details"] = dict(self.details)
        body: dict[str, Any] = {"type": "error", "error": error}
        if request_id is not None:
            body["request_id"] = request_id
        return body


def invalid_request(message: str, *, error_code: str | None = None, **details: Any) -> ApiError:
    """400 `invalid_request_error`."""
    coded = {"error_code": error_code, **details} if error_code else None
    return ApiError(400, "invalid_request_error", message, details=coded)


def not_found(message: str, *, error_code: str | None = None) -> ApiError:
    """404 `not_found_error`."""
    return ApiError(404, "not_found_error", message, details={"error_code": error_code} if error_code else None)


def authentication(message: str) -> ApiError:
    """401 `authentication_error`."""
    return ApiError(401, "authentication_error", message)
