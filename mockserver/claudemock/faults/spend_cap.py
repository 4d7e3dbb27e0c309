"""The 429 no waiting helps against: the organization has spent what its tier allows."""

from datetime import UTC, datetime

from claudemock.faults.base import Target
from claudemock.faults.http import HttpFault
from claudemock.wire.errors import ApiError

_MESSAGE = (
    "You have reached your API usage limits: your organization has crossed its monthly API usage threshold, set based "
    "on your organization's API tier. You will regain access on {date} at 00:00 UTC."
)


class SpendCap(HttpFault):
    """429 with the code `enforced_spend_limit_reached`, without retry-after (documented: errors, August 2026)."""

    default = (429, "rate_limit_error", _MESSAGE)

    def on_request(self, target: Target) -> ApiError:
        """The error; access comes back with the next month on the scope's clock."""
        error = super().on_request(target)
        if self.message is None:
            today = datetime.fromtimestamp(target.now, UTC)
            year, month = (today.year + 1, 1) if today.month == 12 else (today.year, today.month + 1)
            error.message = error.message.format(date=f"{year}-{month:02}-01")
        error.details = {"error_code": "enforced_spend_limit_reached"}
        if self.should_retry is None:
            error.headers.setdefault("x-should-retry", "")
        return error
