"""Which requests are attempts at the same thing, what they were told to wait, and how long they waited."""

import random
from dataclasses import replace
from email.utils import formatdate

import pytest

from claudemock_contracts.examples import Example, Step, again, ask, at, fails, new, reply
from claudemock_contracts.exchange import Exchange, from_journal
from claudemock_contracts.oracles import Oracles, Sleep
from claudemock_contracts.transcript import Pauses, Tally, read_transcript, told_wait
from tests.contracts.judging import prompts

BEGIN = 1_780_000_000.0


def chains(*steps: Step) -> list[list[list[str]]]:
    """The numbers of the exchanges, by logical call and chain."""
    story = read_transcript(Example("…", *steps).exchanges(), prompts=prompts())
    return [
        [[exchange.id.removeprefix("exch_") for exchange in chain.exchanges] for chain in call.chains]
        for call in story.logical_calls
    ]


def numbered(count: int) -> dict[str, str]:
    """What the SDK sends with attempt `count`."""
    return {"x-stainless-retry-count": str(count)}


@pytest.mark.parametrize("seed", range(100))
def test_many_equal_calls_at_once_of_which_some_fail(seed: int) -> None:
    """Thirty-two samples of one prompt begin together, five fail; each retry belongs to one of the failures."""
    chance = random.Random(seed)
    failing = set(chance.sample(range(32), 5))
    steps: list[Step] = []
    for number in range(32):
        steps += [new(), at(chance.uniform(0, 0.01)), ask("A headline, please.", headers=numbered(0))]
        steps.append(fails(529, seconds=0.002) if number in failing else reply(f"Headline {number}.", seconds=2.0))
    for _ in range(5):
        steps += [new(), at(chance.uniform(0.4, 0.52)), ask("A headline, please.", headers=numbered(1)), reply("Late.")]
    found = chains(*steps)
    assert sorted(len(call[0]) for call in found) == [1] * 27 + [2] * 5
    assert all(len(call) == 1 for call in found)


def test_another_call_that_came_at_once_is_no_retry() -> None:
    """Two raw clients ask the same together; one fails, and comes back when it is told to."""
    steps = (
        *(ask("The weather?"), fails(429, headers={"retry-after": "2"}, seconds=0.002)),
        *(new(), at(0.003), ask("The weather?"), reply("Fine.")),
        *(new(), at(2.01), ask("The weather?"), reply("Still fine.")),
    )
    assert chains(*steps) == [[["1"], ["3"]], [["2"]]]


def test_a_hasty_retry_is_one_all_the_same() -> None:
    """Without a later request that fits better, the next one is the retry."""
    steps = (ask("The weather?"), fails(529), again(0.01), fails(529), again(0.01), reply("Fine."))
    assert chains(*steps) == [[["1"], ["2"], ["3"]]]


def test_another_client_retries_nothing() -> None:
    """What asks the same with another kind of client is another program, or another test."""
    one = {"user-agent": "Anthropic/Python", "x-stainless-async": "false"}
    two = one | {"x-stainless-async": "async:anyio"}
    steps = (ask("Hi", headers=one), fails(400), new(), ask("Hi", headers=two), fails(400))
    assert chains(*steps) == [[["1"]], [["2"]]]


def test_ids_of_two_journals_may_be_the_same() -> None:
    """Every exchange is somebody's attempt, however it is called."""
    one, two = Example("…", ask("A?"), reply("B."), new(), ask("C?"), reply("D.")).exchanges()
    story = read_transcript([one, replace(two, id=one.id)], prompts=prompts())
    assert [story.logical_call(exchange).last is exchange for exchange in story.exchanges] == [True, True]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((1,), "1 request"),
        ((1, 1, 1), "3 requests"),
        ((3,), "3 requests = 3 SDK attempts"),
        ((3, 3, 3, 3), "12 requests = 4 app attempts x 3 SDK attempts"),
        ((3, 3, 1), "7 requests = 3 app attempts of 3, 3 and 1 SDK attempts"),
    ],
)
def test_a_tally_reads_well(counts: tuple[int, ...], said: str) -> None:
    """Drills and findings say it with the same words."""
    assert str(Tally(counts)) == said


def answered(headers: dict[str, str], *, sdk: bool = False) -> Exchange:
    """A 429 with these headers."""
    return Exchange(
        id="one", started=BEGIN, end_ms=100.0, status=429, response_headers=headers, headers=numbered(0) if sdk else {}
    )


@pytest.mark.parametrize(
    ("headers", "sdk", "seconds"),
    [
        ({"retry-after": "2"}, False, 2.0),
        ({"retry-after": "0.3"}, False, 0.3),
        ({"retry-after": "0"}, False, None),
        ({"retry-after": "-1"}, False, None),
        ({"retry-after": "soon"}, False, None),
        ({"retry-after": "nan"}, False, None),
        ({"retry-after": "inf"}, False, None),
        ({"retry-after-ms": "300"}, False, None),
        ({"retry-after-ms": "300"}, True, 0.3),
        ({"retry-after-ms": "300", "retry-after": "5"}, True, 0.3),
        ({"retry-after-ms": "300", "retry-after": "5"}, False, 5.0),
        ({"retry-after": formatdate(BEGIN + 3, usegmt=True)}, False, 2.9),
        ({"retry-after": formatdate(9 + 3, usegmt=True), "date": formatdate(9, usegmt=True)}, False, 3.0),
        ({"retry-after": formatdate(BEGIN - 3, usegmt=True)}, False, None),
        ({}, True, None),
    ],
)
def test_what_an_answer_asks_to_wait(headers: dict[str, str], sdk: bool, seconds: float | None) -> None:
    """As the SDKs read it; a date is read on the clock it was written with."""
    told = told_wait(answered(headers, sdk=sdk))
    assert (None if told is None else told.seconds) == (None if seconds is None else pytest.approx(seconds))


def test_pauses_are_those_asked_for_where_sleep_was_replaced() -> None:
    """The longer of what passed on the wire and what the program asked for; sleeps elsewhere do not count."""
    one = Exchange(id="one", started=BEGIN, end_ms=100.0)
    two = Exchange(id="two", started=BEGIN + 0.102, end_ms=100.0)
    told = Pauses(Oracles(sleeps=[Sleep(at=BEGIN - 5, seconds=9), Sleep(at=BEGIN + 0.101, seconds=2)]))
    assert told.between(one, two).seconds == 2
    assert told.between(one, two).slept
    assert Pauses(Oracles()).between(one, two).seconds == pytest.approx(0.002, abs=1e-5)
    assert Pauses(Oracles()).between(replace(one, slept=(1.0, 0.5)), two).seconds == 1.5


def test_a_clock_that_stands_still_tells_nothing() -> None:
    """Under a frozen clock no pause is seen, so none is too short; virtual sleeps are still known."""
    one = Exchange(id="one", started=BEGIN, end_ms=100.0)
    two = Exchange(id="two", started=BEGIN, end_ms=100.0)
    assert Pauses(Oracles()).between(one, two).seconds is None
    assert Pauses(Oracles()).between(replace(one, slept=(2.0,)), two).seconds == 2.0


def test_what_a_journal_tells_of_sleeps_and_intentions() -> None:
    """They are read from the mock's journal."""
    response = {"status": 200, "intended": {"body": {"id": "msgbatch_1"}}}
    read = from_journal({"path": "/v1/messages", "slept": [0.5, "x"], "response": response})
    assert read.slept == (0.5,)
    assert read.intended == {"id": "msgbatch_1"}
