"""Steps that are made again after a failure: the request is a retry although the results in it are others."""

import pytest

from claudemock_contracts.examples import Step, ask, call, fails, keep, reply, result, text, tool, wait
from claudemock_contracts.oracles import Oracles, ToolRun
from tests.contracts.judging import finding, report, said


def step_made_again(
    *,
    first: object = "booked, confirmation 4711",
    second: object = "booked, confirmation 4712",
    failure: Step | None = None,
) -> tuple[Step, ...]:
    """A step 'run the tools, then ask' that is retried as a whole."""
    return (
        ask("Book a room.", tools=[tool("book")]),
        reply(call("1", "book", room=12)),
        ask(result("1", first)),
        failure or fails(529),
        wait(2.0),
        keep(lambda history: history[:-1]),
        ask(result("1", second)),
        reply("Yours."),
    )


def test_a_step_that_is_made_again_runs_its_tools_again() -> None:
    """One call, one failure, two results: the request was retried, and the tool with it."""
    steps = step_made_again()
    assert said(*steps) == {("R43", "violation")}
    found = finding("R43", *steps)
    assert found.kind == "tool run again"
    assert 'the result of toolu_1 was "' in found.actual
    assert "4712" in found.actual
    assert found.location == "messages.2.content.0"


@pytest.mark.parametrize(
    ("second", "verdicts"),
    [
        ("booked, confirmation 4711", []),  # the same result again
        ([text("booked, confirmation 4711")], []),  # spelled otherwise
        ("booked", ["note"]),  # cut short
    ],
)
def test_a_result_sent_again_is_no_second_run(second: object, verdicts: list[str]) -> None:
    """What is there was kept, or shortened, and nothing shows that the tool ran."""
    found = report(*step_made_again(second=second)).of("R43")
    assert [each.verdict for each in found] == verdicts


def test_a_result_with_the_time_of_its_rendering() -> None:
    """Written anew with the clock, which is worth a note; an id of its own is minted by whoever runs."""
    clock = step_made_again(first="booked (read at 10:00:00)", second="booked (read at 10:00:02)")
    assert finding("R43", *clock).verdict == "note"
    minted = step_made_again(
        first="booked as 0f8fad5b-d9cb-469f-a165-70867728950e", second="booked as 7c9e6679-7425-40de-944b-e07fc1f90ae7"
    )
    assert finding("R43", *minted).kind == "tool run again"


def test_results_put_right_after_a_refusal_are_another_request() -> None:
    """A request that was too large, or not valid, is sent again with other results: no retry of the same."""
    for status in (400, 413):
        assert report(*step_made_again(failure=fails(status))).of("R43") == ()


def test_watched_tools_are_known_better() -> None:
    """The oracle says that the tool ran once: another result is no second run."""
    ran = Oracles(tools=[ToolRun(name="book", input={"room": 12}, output="booked")])
    assert [each.kind for each in report(*step_made_again(), oracles=ran).of("R43")] == ["body changed"]


def test_a_step_that_fails_twice_is_one_call() -> None:
    """Three attempts, each with a confirmation of its own."""
    steps = step_made_again(failure=fails(529))[:-1]
    third = (fails(529), wait(4.0), keep(lambda history: history[:-1]), ask(result("1", "booked, confirmation 4713")))
    found = finding("R43", *steps, *third, reply("Yours."))
    assert found.kind == "tool run again"
    assert not {rule for rule, _ in said(*steps, *third, reply("Yours."))} - {"R43"}


@pytest.mark.parametrize("failed", [0, 1])
def test_branches_that_try_other_results_are_calls_of_their_own(failed: int) -> None:
    """One call answered in three ways, of which one failed: all of them are meant."""
    start = (ask("Book a room.", tools=[tool("book")]), reply(call("1", "book", room=12)))
    branches = [
        step
        for number in range(3)
        for step in (
            *(keep(lambda history: history[:2]), ask(result("1", f"offer {number}"))),
            fails(529) if number == failed else reply("Thanks."),
        )
    ]
    assert report(*start, *branches).of("R43") == ()
