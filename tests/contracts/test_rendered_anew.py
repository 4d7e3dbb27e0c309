"""Retries whose request is rendered anew: known by what can only come from the clock or from chance, and by no more."""

import pytest

from claudemock_contracts.examples import Step, again, ask, at, fails, keep, new, reply, wait
from claudemock_contracts.transcript.rendered import changes
from tests.contracts.judging import finding, report, said, transcript

TOLD = {"retry-after": "20"}


def anew(words: str, wait_for: float = 1.0) -> tuple[Step, ...]:
    """The program builds its prompt once more, and sends it after a pause."""
    return (wait(wait_for), keep(lambda _: []), ask(words))


def tally(*steps: Step) -> list[int]:
    """How many attempts each logical call has."""
    return [len(call.exchanges) for call in transcript(*steps).logical_calls]


@pytest.mark.parametrize(
    ("first", "second", "seconds"),
    [
        ("It is 2026-11-23T10:00:00Z. Hi", "It is 2026-11-23T10:00:01Z. Hi", 1.0),
        ("It is 10:00. Hi", "It is 10:01. Hi", 1.0),
        ("It is 23:59:59. Hi", "It is 00:00:01. Hi", 2.0),
        ("At 1795000000 s: Hi", "At 1795000001 s: Hi", 1.0),
        ("[request 0f8fad5b-d9cb-469f-a165-70867728950e] Hi", "[request 7c9e6679-7425-40de-944b-e07fc1f90ae7] Hi", 0.0),
        ("req_8f3ab21c Hi", "req_77d0e5aa Hi", 0.0),
        ("See /tmp/a1/log.txt", "See /tmp/b2/log.txt", 0.0),
        ("0f8fad5b-d9cb-469f-a165-70867728950e: Hi", "7c9e6679-7425-40de-944b-e07fc1f90ae7: Hi", 1.0),
    ],
)
def test_a_prompt_rendered_anew_is_the_same_call(first: str, second: str, seconds: float) -> None:
    """Times that moved on with the clock, and ids of the request, make no other call of it."""
    assert tally(ask(first), fails(529), *anew(second, seconds), reply("Hi.")) == [2]


@pytest.mark.parametrize(
    ("first", "second", "seconds"),
    [
        ("Translate page 1.", "Translate page 2.", 1.0),
        ("What happened on 2026-11-22?", "What happened on 2026-11-23?", 1.0),
        ("What happened at 2026-11-22T10:00:00Z?", "What happened at 2026-11-22T15:00:00Z?", 1.0),
        ("What happened at 10:05:00?", "What happened at 10:00:00?", 1.0),
        ("Hi, it is 10:00:00.", "Bye, it is 10:00:01.", 1.0),
        ("0f8fad5b-d9cb-469f-a165-70867728950e: Hi", "7c9e6679-7425-40de-944b-e07fc1f90ae7: Hi", 0.0),
        ("Review commit 8f3ab21", "Review commit 77d0e5a", 0.0),
    ],
)
def test_another_task_is_another_call(first: str, second: str, seconds: float) -> None:
    """Numbers, dates and ids may be what is asked about; whoever goes on to the next task does not pause."""
    assert tally(ask(first), fails(529), *anew(second, seconds), reply("Hi.")) == [1, 1]


def test_an_id_that_is_answered_twice_is_what_is_asked_about() -> None:
    """Tickets by their id, each with a pause before: the one that failed was given up."""
    first, second, third = ("8f3ab21c", "77d0e5aa", "1b2c3d4e")
    steps = (ask(f"Ticket {first}"), fails(529), *anew(f"Ticket {second}"), reply("A."))
    assert tally(*steps) == [2]
    assert tally(*steps, *anew(f"Ticket {third}"), reply("B.")) == [1, 1, 1]


def test_of_two_failures_nobody_knows_which_is_repeated() -> None:
    """Two calls of one template failed side by side: the third may be an attempt at either."""
    steps = (ask("req_1a1a Hi"), fails(529), at(0.01), new(), ask("req_2b2b Hi"), fails(529))
    assert tally(*steps, *anew("req_3c3c Hi"), reply("Hi.")) == [1, 1, 1]


def test_findings_say_that_the_request_changed_too() -> None:
    """Both things are wrong, and the reader has to know why two different requests are called attempts at one."""
    early = (ask("It is 10:00:00. Hi"), fails(429, headers=TOLD), *anew("It is 10:00:01. Hi"), reply("Hi."))
    assert said(*early) == {("R04", "violation")}
    actual = finding("R04", *early).actual
    assert 'the request changed too (messages.0.content: clock time "10:00:00" became "10:00:01")' in actual
    assert finding("R43", *early).verdict == "note"


def test_a_loop_that_renders_anew_has_one_budget_too() -> None:
    """R16 counts attempts at one call, and a refused request is refused with another request id too."""
    many = [step for number in range(12) for step in (*anew(f"req_{number}a1 Hi", 1.5**number), fails(529))]
    assert "12 requests" in finding("R16", *many).actual
    refused = [step for number in range(3) for step in (*anew(f"req_{number}a1 Hi"), fails(400))]
    assert "3 times the same request" in finding("R17", *refused).actual


def test_the_counter_of_an_sdk_knows_best() -> None:
    """An attempt that the SDK numbered is one, whatever differs: that is R43's to say."""
    steps = (
        *(ask("Hello", headers={"x-stainless-retry-count": "0"}), fails(529)),
        *(keep(lambda _: []), ask("Goodbye", headers={"x-stainless-retry-count": "1"}), reply("Hi.")),
    )
    assert tally(*steps) == [2]
    assert finding("R43", *steps).verdict == "violation"
    assert report(ask("Hi"), fails(529), again(1.0), reply("Hi.")).verdicts["R43"] == "pass"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": "at 10:00:00"}, {"a": "at 10:00:00"}),
        ({"a": "at 10:00:00"}, {"b": "at 10:00:01"}),
        ({"a": ["at 10:00:00"]}, {"a": ["at 10:00:01", "x"]}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": ["at 10:00:00"] * 5}, {"a": ["at 10:00:01"] * 5}),
        ({"a": "at 10:00:00"}, {"a": "at 1795000000"}),
    ],
)
def test_what_is_no_such_change(before: object, after: object) -> None:
    """Nothing, another shape, more places than a template has, a value of another kind."""
    assert changes(before, after, 9.0) is None


def test_a_program_that_renders_anew_around_an_sdk() -> None:
    """The SDK's own attempts are equal; the program's next one is not, and is a second layer all the same."""
    first = {"x-stainless-retry-count": "0", "x-stainless-lang": "python"}
    steps = (
        *(ask("It is 10:00:00. Hi", headers=first), fails(529), again(0.45, attempt=1), fails(529), wait(1.0)),
        *(keep(lambda _: []), ask("It is 10:00:02. Hi", headers=first), fails(529), again(0.45, attempt=1), fails(529)),
    )
    found = finding("R16", *steps)
    assert "4 requests = 2 app attempts x 2 SDK attempts" in found.actual
    assert "the request changed too" in found.actual
