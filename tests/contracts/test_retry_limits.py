"""Limits that all calls share: sending on into a wait that one of them was told, and into an outage."""

import pytest

from claudemock_contracts.examples import Step, again, ask, at, fails, new, reply
from tests.contracts.judging import finding, report, said

TOLD = {"retry-after": "30"}


def refused(number: int, start: float | None = None, status: int = 429) -> tuple[Step, ...]:
    """A letter of its own that is refused, `start` seconds after the beginning."""
    begin = () if start is None else (at(start),)
    headers = TOLD if status == 429 else {}
    return (*begin, new(), ask(f"Is letter {number} a complaint?"), fails(status, headers=headers, seconds=0.002))


def test_a_loop_that_goes_on_into_the_limit() -> None:
    """Every letter is given up at once, and the next one sent: the limit is the same for all of them."""
    found = finding("R45", *[step for number in range(8) for step in refused(number)])
    assert found.kind == "limit not shared"
    assert found.details == {"refused": 7, "workers": 1, "retry_after": 30.0}


def workers(count: int) -> list[Step]:
    """Workers that begin together, are all refused, and come back when they were told to."""
    steps = [step for number in range(count) for step in refused(number, 0.003 * number)]
    for number in range(count):
        steps += [at(30.1 + number), new(), ask(f"Is letter {number} a complaint?"), reply("No.")]
    return steps


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(workers(20), id="workers that began together"),
        pytest.param([s for n in range(20) for s in refused(n, 0.001 * n)], id="a burst of calls that are given up"),
        pytest.param([s for n in range(3) for s in refused(n)], id="two more calls"),
        pytest.param([s for n in range(8) for s in refused(n, 31.0 * n)], id="each when the wait is over"),
        pytest.param(
            [*refused(0), *[s for n in range(8) for s in (new(), ask(f"{n}?"), reply("Yes."))]], id="answered"
        ),
    ],
)
def test_what_is_no_flood(steps: list[Step]) -> None:
    """Nobody can know of a limit before one call ran into it, and calls that are answered are no flood."""
    assert report(*steps).of("R45") == ()


def test_an_outage_that_nothing_slows_down() -> None:
    """Advice only: call after call for four minutes, all refused, each with its own retry."""
    steady = [step for number in range(20) for step in refused(number, 12.0 * number, status=529)]
    assert finding("R45", *steady).kind == "no breaker"
    slower = [step for number in range(20) for step in refused(number, 0.6 * number**2, status=529)]
    assert report(*slower).of("R45") == ()
    one = [step for number in range(20) for step in (again(12.0) if number else ask("Hi"), fails(529))]
    assert "no breaker" not in {found.kind for found in report(*one).of("R45")}


def test_waiting_far_too_long_is_a_note() -> None:
    """Twice what was asked for and ten seconds are patience; much more is a fixed pause; a job run again is another."""

    def kinds(pause: float) -> list[str]:
        steps = (ask("Hi"), fails(429, headers={"retry-after": "5"}), again(pause), reply("Hi."))
        assert said(*steps) == set()
        return [found.kind for found in report(*steps).of("R04")]

    assert [kinds(pause) for pause in (5.0, 19.0, 60.0, 400.0)] == [[], [], ["over-wait"], []]
