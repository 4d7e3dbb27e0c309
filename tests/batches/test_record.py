"""When a batch ends, and how: its clock says so, whoever looks and however often."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.batches.order import Shuffle
from claudemock.batches.plan import Plan
from claudemock.batches.record import Batch, Closing

DAY = 86_400
START = 1_800_000_000.0


def batch(duration: float | None = None, **plan: Any) -> Batch:
    """A batch of ten requests as it is created."""
    return Batch(
        id="msgbatch_01",
        scope="s",
        workspace="w",
        workspace_id=None,
        created_at=START,
        count=10,
        items="i",
        slices=1,
        seed="00" * 16,
        version="2023-06-01",
        plan=Plan(duration=duration, **plan),
    )


def closing(made: Batch, seconds: float, *, polled: bool = True) -> Closing | None:
    """How the batch has ended `seconds` after its creation."""
    return made.closed(START + seconds, polled=polled).closing


def test_without_a_duration_the_first_poll_ends_it() -> None:
    """Then everything is done; looking in another way ends nothing."""
    assert closing(batch(), 5, polled=False) is None
    assert closing(batch(), 5) == Closing(START + 5, 10)


def test_a_batch_nobody_polled_expires_after_a_day() -> None:
    """The 24 hours of the API, on the scope's clock."""
    assert closing(batch(), DAY - 1, polled=False) is None
    assert closing(batch(), DAY) == Closing(START + DAY, 0)
    assert closing(batch(), 2 * DAY) == Closing(START + DAY, 0)


def test_a_duration_ends_it_at_its_time_however_late_one_looks() -> None:
    """The end is where the clock puts it, not where the look was."""
    assert closing(batch(duration=100), 99.9) is None
    assert closing(batch(duration=100), 100, polled=False) == Closing(START + 100, 10)
    assert closing(batch(duration=100), 3 * DAY) == Closing(START + 100, 10)


def test_what_a_day_does_not_suffice_for_expires() -> None:
    """Requests are done evenly over the duration."""
    assert closing(batch(duration=4 * DAY), DAY) == Closing(START + DAY, 2)


@pytest.mark.parametrize("seconds, finished", [(0, 0), (50, 5), (59.9, 5), (99, 9)])
def test_cancelling_keeps_what_was_done(seconds: float, finished: int) -> None:
    """The others are canceled, and the next look shows it ended."""
    canceled = batch(duration=100).canceled(START + seconds)
    assert canceled.closing is None
    assert closing(canceled, seconds + 7) == Closing(START + seconds + 7, finished, "canceled")


@given(st.floats(1.7e9, 1.9e9), st.lists(st.integers(1, 3600), min_size=1, max_size=6))
def test_adding_up_times_makes_no_difference(created: float, steps: list[int]) -> None:
    """A clock that comes to an instant in steps finds a batch ended, or half done, as one that jumps there does."""
    now = created
    for step in steps:
        now += step
    made = replace(batch(duration=sum(steps)), created_at=created)
    assert made.closed(now, polled=False).closing == Closing(created + sum(steps), 10)
    half = replace(batch(duration=2 * sum(steps)), created_at=created)
    closing = half.canceled(now).closed(now, polled=True).closing
    assert closing is not None
    assert closing.finished == 5


def test_a_clock_that_was_set_back_ends_it_no_sooner_than_it_began() -> None:
    """An end before the beginning would be none."""
    assert closing(batch(), -100) == Closing(START, 10)
    assert closing(batch(duration=10).canceled(START - 5), -1) == Closing(START - 1, 0, "canceled")


def test_cancelling_twice_changes_nothing() -> None:
    """The first time is when it was initiated."""
    canceled = batch(duration=100).canceled(START + 1)
    assert canceled.canceled(START + 2) is canceled


def test_cancelling_what_is_being_worked_off_keeps_what_is_there() -> None:
    """A result that exists is not taken back."""
    under_way = batch().closed(START, polled=True)
    assert under_way.canceled(START + 1).closing == Closing(START + 1, 0, "canceled")


def test_a_batch_is_kept_as_it_is() -> None:
    """Nothing is lost on the way through the store."""
    made = batch(duration=3, errored=0.5, requests=[("a*", "errored", {"type": "t", "message": "m"})])
    made = made.canceled(START + 1).closed(START + 2, polled=True)
    assert Batch.decode(made.encode()) == made


@given(st.integers(0, 300), st.binary(min_size=16, max_size=16))
def test_a_shuffle_is_a_permutation_that_leaves_the_first_place(count: int, seed: bytes) -> None:
    """Every thing comes once, `rank` is its inverse, and results by position never fit by chance."""
    shuffle = Shuffle(count, seed)
    order = [shuffle[rank] for rank in range(count)]
    assert sorted(order) == list(range(count))
    assert [shuffle.rank(thing) for thing in order] == list(range(count))
    assert count < 2 or order[0] != 0


@given(st.integers(1, 200), st.integers(0, 20), st.floats(0, 0.99), st.integers(0, 20))
def test_the_mix_is_what_was_asked_for(count: int, errored: int, expired: float, canceled: int) -> None:
    """Whole numbers are requests, fractions a share of them, and together never more than there are."""
    plan = Plan(errored=errored, expired=expired, canceled=canceled)
    drawn = [plan.drawn(rank, count) for rank in range(count)]
    assert drawn.count("errored") == min(errored, count)
    if errored + round(expired * count) + canceled <= count:
        assert drawn.count("expired") == round(expired * count)
        assert drawn.count("canceled") == canceled
