"""A scope's clock moves as it is told and only forward."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.clock import Clock, rfc3339


def test_frozen_clock_moves_only_when_told() -> None:
    """Advancing and pausing add up exactly, and a pause costs no real seconds."""
    clock = Clock(frozen_at=1000.0)
    clock.advance(301)
    assert clock.pause(9) == 0.0
    assert clock.now() == 1310.0


def test_running_clock_pauses_for_real() -> None:
    """An unfrozen clock hands the wait to its caller."""
    assert Clock().pause(2.5) == 2.5


def test_freeze_and_release_keep_the_time() -> None:
    """Freezing stops the clock where it is; releasing lets it run on from there."""
    clock = Clock()
    clock.set(5000.0)
    clock.freeze()
    stood = clock.now()
    assert clock.now() == stood
    clock.freeze(False)
    assert clock.now() >= stood
    assert clock.now() < time.time()


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), -0.001])
def test_time_never_runs_backwards(seconds: float) -> None:
    """A negative or endless step is refused and changes nothing."""
    clock = Clock(frozen_at=10.0)
    with pytest.raises(ValueError, match="advance takes seconds"):
        clock.advance(seconds)
    assert clock.now() == 10.0


@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_advances_add_up(steps: list[float]) -> None:
    """A frozen clock is the sum of its steps."""
    clock = Clock(frozen_at=0.0)
    for step in steps:
        clock.advance(step)
    assert clock.now() == pytest.approx(sum(steps))


def test_rfc3339() -> None:
    """Whole seconds, milliseconds and microseconds, always UTC."""
    assert rfc3339(0) == "1970-01-01T00:00:00Z"
    assert rfc3339(1_700_000_000.25, places=3) == "2023-11-14T22:13:20.250Z"
    assert rfc3339(1_700_000_000.25, places=6) == "2023-11-14T22:13:20.250000Z"
