"""The semantic checks: everything the API refuses that the shape of a request does not show."""

from claudemock.engine.checks.run import check
from claudemock.engine.checks.subject import CheckContext, Checked, Endpoint, Subject
from claudemock.engine.checks.window import check_window

__all__ = ["CheckContext", "Checked", "Endpoint", "Subject", "check", "check_window"]
