"""The retry rules: what looks like a bad retry and is right, and the smallest changes that make right wrong."""

from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest

from claudemock_contracts.examples import Example, Step, again, ask, at, fails, hangs_up, keep, new, reply, streams
from claudemock_contracts.oracles import Oracles, Outcome, Sleep
from claudemock_contracts.run import judge
from tests.contracts.judging import finding, prompts, report, said

SDK = {"x-stainless-retry-count": "0", "x-stainless-lang": "python"}
CAP = "enforced_spend_limit_reached"
BEGIN = 1_780_000_000.0


def until(instant: float) -> Step:
    """A 429 that names a date."""
    return fails(429, headers={"retry-after": formatdate(instant, usegmt=True)})


def sdk_call(*statuses: int, first: bool = True, **more: Any) -> list[Step]:
    """An SDK's attempts, all of which fail."""
    steps: list[Step] = [ask("Hi", headers=SDK)] if first else [again(1.0, 0)]
    for number, status in enumerate(statuses):
        steps += [again(0.45 * 2 ** (number - 1), number)] if number else []
        steps.append(fails(status, **more))
    return steps


RIGHT = [
    pytest.param((ask("Hi"), fails(529), ask(model="claude-sonnet-5"), reply("Hi.")), id="another model at once"),
    pytest.param(
        (ask("Hi"), fails(529, headers={"x-should-retry": "false"}), new(), ask("Bye"), reply("Bye.")),
        id="x-should-retry: false",
    ),
    pytest.param((ask("Hi"), fails(529), again(600.0), reply("Hi.")), id="a queue runs the job again much later"),
    pytest.param((*sdk_call(529, 529, 529), again(600.0, 0), fails(529)), id="a job is run again much later"),
    pytest.param(tuple(sdk_call(529, 529, 529)), id="bounded attempts, none answered"),
    pytest.param(
        (
            *(ask("Hi"), fails(529), at(0.02), new(), ask("Hi"), reply("Hi.")),
            *(at(0.6), new(), ask("Hi"), reply("Hello.")),
        ),
        id="two ask the same at once, one of them fails and comes back",
    ),
    pytest.param((ask("Hi"), fails(429, headers={"retry-after": "0"}), again(0.3), reply("Hi.")), id="a wait of 0"),
    pytest.param(
        (ask("Hi"), fails(429, headers={"retry-after": "soon"}), again(0.3), reply("Hi.")), id="a wait of soon"
    ),
    pytest.param(
        (
            ask("Hi"),
            until(BEGIN + 3),
            again(2.0),
            reply("Hi."),
        ),
        id="until a date, which is in whole seconds",
    ),
    pytest.param(
        (
            *(ask("Hi", headers=SDK), fails(429, headers={"retry-after": "5", "retry-after-ms": "300"})),
            *(again(0.3, 1), reply("Hi.")),
        ),
        id="milliseconds come first for an SDK",
    ),
    pytest.param(
        (ask("Hi"), fails(429, headers={"retry-after": "2"}), ask(model="claude-sonnet-5"), reply("Hi.")),
        id="another model does not have to wait",
    ),
    pytest.param(
        (ask("Hi"), fails(400, headers={"x-should-retry": "true"}), again(0.5), reply("Hi.")),
        id="x-should-retry: true",
    ),
    pytest.param(
        (ask("Hi"), fails(400, message="Request body is not valid JSON"), again(0.5), reply("Hi.")),
        id="a body that was truncated on its way",
    ),
    pytest.param(
        (
            *(ask("Hi", headers={"authorization": "Bearer sk-ant-mock-a"}), fails(401)),
            *(keep(lambda _: []), ask("Hi", headers={"authorization": "Bearer sk-ant-mock-b"}), reply("Hi.")),
        ),
        id="a fresh token",
    ),
    pytest.param(
        (ask("Hi", headers={"x-api-key": "…"}), fails(401), again(0.1), reply("Hi.")),
        id="perhaps a fresh token, the recorder hid it",
    ),
    pytest.param((ask("Hi"), fails(409), again(0.5), reply("Hi.")), id="a conflict"),
    pytest.param((ask("Hi", max_tokens=-1), fails(400), ask(max_tokens=9), reply("Hi.")), id="another max_tokens"),
    pytest.param(
        (
            *(ask("Hi", headers={"anthropic-beta": "old-beta"}), fails(400)),
            *(keep(lambda _: []), ask("Hi", headers={"anthropic-beta": "new-beta"}), reply("Hi.")),
        ),
        id="another beta",
    ),
    pytest.param((ask("Hi"), fails(402), again(3600.0), reply("Hi.")), id="an hour after the bill was paid"),
    pytest.param(tuple(sdk_call(429, 429, 429, code=CAP)), id="the SDK's own attempts at a spend cap"),
    pytest.param((ask("Hi"), hangs_up(), again(0.0), reply("Hi.")), id="a stale connection, at once again"),
    pytest.param(
        (ask("Hi", stream=True), streams("Hello", until=3, error="overloaded_error"), again(0.0), streams("Hi.")),
        id="a stream is begun again at once",
    ),
    pytest.param(
        (
            *(ask("Hi", headers=SDK, stream=True), fails(529), again(0.45, 1)),
            *(streams("Hello", until=3, error="overloaded_error"), again(0.5, 0), streams("Hi.")),
        ),
        id="a stream is begun again after the SDK had retried",
    ),
    pytest.param(
        tuple(
            step
            for number in range(12)
            for step in (new(), at(0.01 * number), ask("A headline."), reply(f"One {number}.", seconds=3))
        ),
        id="twelve samples at once",
    ),
    pytest.param(
        tuple(step for number in range(12) for step in (new(), ask("A headline."), reply(f"One {number}."))),
        id="twelve samples one after the other",
    ),
    pytest.param(
        (ask("Hi"), fails(500), again(0.5), fails(500), again(0.9), fails(500), again(2.1), reply("Hi.")),
        id="growing pauses",
    ),
    pytest.param(
        (ask("Hi"), fails(529), again(2), fails(529), again(2), fails(529), again(2), reply("Hi.")),
        id="even pauses of two seconds",
    ),
]


@pytest.mark.parametrize("steps", RIGHT)
def test_what_looks_wrong_and_is_right(steps: tuple[Step, ...]) -> None:
    """False alarms make people switch a tool off."""
    assert said(*steps) == set()


WRONG = [
    ("R03", "violation", (ask("Hi"), fails(529))),
    ("R03", "violation", (ask("Hi"), hangs_up())),
    ("R03", "violation", (ask("Hi"), fails(503), ask("Something went wrong. Go on."), reply("Very well."))),
    ("R04", "violation", (ask("Hi"), fails(429, headers={"retry-after": "2"}), again(1.8), reply("Hi."))),
    ("R04", "violation", (ask("Hi"), fails(529, headers={"retry-after": "70"}), again(60), reply("Hi."))),
    (
        "R04",
        "violation",
        (
            ask("Hi"),
            until(BEGIN + 4),
            again(2.0),
            reply("Hi."),
        ),
    ),
    ("R16", "violation", (*sdk_call(529, 529), *sdk_call(529, 529, first=False))),
    ("R16", "violation", (*sdk_call(529, 529, 529), again(1.0, 0), reply("Hi."))),
    ("R16", "violation", (ask("Hi"), *[s for n in range(11) for s in (fails(529), again(2.0 + n))], reply("Hi."))),
    ("R17", "violation", (ask("Hi"), fails(400), again(0.5), fails(400))),
    ("R17", "violation", (ask("Hi"), fails(413), again(0.5), fails(413))),
    ("R17", "violation", (ask("Hi", headers={"x-api-key": "…"}), fails(401), again(0.1), fails(401), again(0.1))),
    ("R44", "warning", (*sdk_call(429, 429, code=CAP), again(5, 0), fails(429, code=CAP))),
    ("R45", "warning", (ask("Hi"), fails(529), again(0.01), reply("Hi."))),
    (
        "R45",
        "warning",
        (ask("Hi"), fails(529), again(0.4), fails(529), again(0.4), fails(529), again(0.4), reply("Hi.")),
    ),
]


@pytest.mark.parametrize(("rule", "verdict", "steps"), WRONG)
def test_each_damage_is_found_by_its_rule(rule: str, verdict: str, steps: tuple[Step, ...]) -> None:
    """One change to a good retry, found by one rule."""
    found = said(*steps)
    assert (rule, verdict) in found
    assert {name for name, _ in found} <= {rule, "R16"}


def test_the_same_invalid_messages_for_every_model() -> None:
    """What one model refuses in the messages, all do."""
    refused = fails(400, message="messages.0: all messages must have non-empty content")
    steps = (ask("Hi"), refused, ask(model="claude-sonnet-5"), refused)
    assert said(*steps) == set()
    assert finding("R17", *steps, ask(model="claude-haiku-4-5"), refused).kind == "other models"


def test_two_models_that_say_the_same_are_enough() -> None:
    """A third one is asked in vain; one that has other limits, or other words, may be worth it."""

    def ladder(*statuses: tuple[int, str]) -> list[str]:
        models = ("claude-opus-4-8", "claude-sonnet-5", "claude-haiku-4-5")
        calls = zip(models, statuses, strict=True)
        steps = [
            step
            for model, (status, words) in calls
            for step in (new(), ask("Hi", model=model), fails(status, message=words))
        ]
        return [each.kind for each in report(*steps).of("R17")]

    long = "prompt is too long: 214338 tokens > 200000 maximum"
    assert ladder(*[(400, long)] * 3) == ["other models"]
    assert ladder((400, long), (400, long.replace("200000", "100000")), (400, long)) == []
    assert ladder(*[(404, "model: not found")] * 3) == []


def test_twelve_requests_are_explained() -> None:
    """The finding says who retried how often."""
    steps = sdk_call(529, 529, 529) + 3 * sdk_call(529, 529, 529, first=False)
    found = finding("R16", *steps)
    assert "12 requests = 4 app attempts x 3 SDK attempts" in found.actual
    assert found.details == {"chains": [3, 3, 3, 3], "requests": 12}


def test_an_untimed_sdk_paces_itself() -> None:
    """Where a recording has no times, the pauses of an official SDK are taken on trust; a program's are not."""
    for headers, verdict in ((SDK, "pass"), ({"x-stainless-retry-count": "0"}, "inconclusive")):
        steps = (ask("Hi", headers=headers), fails(529), again(0.45, attempt=1), reply("Hi."))
        untimed = [replace(each, started=None, end_ms=None) for each in Example("…", *steps).exchanges()]
        assert judge(untimed, prompts=prompts()).verdicts["R45"] == verdict


def test_why_nothing_was_retried() -> None:
    """The SDK's retries are off, or there is no SDK; and what the program did instead."""
    following = (new(), ask("Bye"), reply("Bye."))
    assert "max_retries=0" in finding("R03", ask("Hi", headers=SDK), fails(529), *following).actual
    raw = finding("R03", ask("Hi"), fails(529), *following)
    assert "no SDK" in raw.actual
    assert "exch_2" in raw.exchanges
    ended = Oracles(outcomes=[Outcome(kind="raised", error="OverloadedError: overloaded")])
    assert "OverloadedError" in finding("R03", ask("Hi"), fails(529), oracles=ended).actual


def test_a_test_that_wants_the_error_is_left_alone() -> None:
    """Nothing has to be retried where the error is what is tested."""
    steps = (ask("Hi"), fails(529))
    assert said(*steps, oracles=Oracles(expected_error=True)) == set()


def test_a_recording_that_ends_with_a_failure_is_not_judged() -> None:
    """Nobody knows what came next, unless the failure was provoked or the recording goes on."""
    first, last = Example("…", ask("Hi"), fails(529), at(100), new(), ask("Bye"), reply("Bye.")).exchanges()
    recorded = [replace(each, source="run.har:1") for each in (first, last)]
    assert judge(recorded[:1], prompts=prompts()).verdicts["R03"] == "inconclusive"
    assert judge(recorded, prompts=prompts()).verdicts["R03"] == "violation"
    provoked = replace(first, source="run.jsonl:1", faults=({"fault": "overloaded"},))
    assert judge([provoked], prompts=prompts()).verdicts["R03"] == "violation"


def test_waits_that_cannot_be_seen_are_not_judged() -> None:
    """Sleep was replaced before anybody could watch: short pauses mean nothing."""
    steps = (ask("Hi"), fails(429, headers={"retry-after": "2"}), again(0.001), fails(529), again(0.001), reply("Hi."))
    hidden = report(*steps, oracles=Oracles(sleeps_hidden=True))
    assert hidden.findings == ()
    assert (hidden.verdicts["R04"], hidden.verdicts["R45"]) == ("inconclusive", "inconclusive")
    watched = Oracles(sleeps=[Sleep(at=BEGIN + 0.1, seconds=2), Sleep(at=BEGIN + 0.2005, seconds=0.5)])
    assert report(*steps, oracles=watched).verdicts["R04"] == "pass"


def test_old_sdks_are_to_blame_for_long_waits() -> None:
    """They ignore waits over a minute: that is no bug of the program."""
    steps = (ask("Hi", headers=SDK), fails(429, headers={"retry-after": "120"}), again(0.45, 1), reply("Hi."))
    found = finding("R04", *steps)
    assert "own backoff" in found.actual
    assert "Upgrade" in found.fix


def crowd(*pauses: float) -> tuple[Step, ...]:
    """Clients without an SDK that fail at the same instant and come back after these pauses."""
    steps: list[Step] = []
    for number, _ in enumerate(pauses):
        steps += [new(), at(0), ask(f"Page {number}."), fails(529)]
    for number, pause in enumerate(pauses):
        steps += [new(), at(0.1 + pause), ask(f"Page {number}."), reply(f"Side {number}.")]
    return tuple(steps)


def test_clients_that_come_back_together() -> None:
    """Five with the same pause are a wave; five that differ, or four, are not."""
    assert finding("R45", *crowd(1.0, 1.001, 1.002, 1.003, 1.004)).kind == "no jitter"
    assert said(*crowd(1.0, 1.05, 1.1, 1.15, 1.2)) == set()
    assert said(*crowd(1.0, 1.0, 1.0, 1.0)) == set()


def test_a_pause_longer_than_two_minutes_is_a_note() -> None:
    """Only where it is known that the program asked for it."""
    steps = (ask("Hi"), fails(529), again(150), reply("Hi."))
    assert said(*steps) == set()
    asked = Oracles(sleeps=[Sleep(at=BEGIN + 0.1, seconds=151)])
    assert finding("R45", *steps, oracles=asked).verdict == "note"
