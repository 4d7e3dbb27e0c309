"""Fixtures every test may use: one server per process, one scope per test."""

import signal
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, settings

from claudemock.control.client import MockServer
from claudemock.serving import serve

_numbers = count(1)
# how long an example takes to make says more about the machine than about the test
settings.register_profile("claudemock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("claudemock")


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> Iterator[None]:
    """A job in the background ignores SIGINT, and so would the commands that tests start and interrupt."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def root() -> Iterator[MockServer]:
    """A running server with default settings, shared by all tests of the process."""
    with serve() as server:
        yield server


@pytest.fixture
def server(root: MockServer) -> MockServer:
    """The shared server, seen from a scope of the test's own."""
    return root.scope(f"test-{next(_numbers)}")
