"""The rules on cost: what looks wrong and is right, and the smallest changes that make right wrong."""

from dataclasses import replace
from itertools import chain
from typing import Any

import pytest

from claudemock_contracts.examples import Scene, Step, ask, at, call, fails, new, reply, result, streams, tool, wait
from claudemock_contracts.exchange import Event
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.rules.batch_examples import create, row
from tests.contracts.judging import finding, report

USAGE = {"input_tokens": 100, "cache_read_input_tokens": 1000, "output_tokens": 25}
FIRST = {**USAGE, "output_tokens": 1}


def delta(**usage: int) -> Event:
    """A message_delta with these counters."""
    return Event("message_delta", {"type": "message_delta", "delta": {}, "usage": usage})


def probe(scene: Scene) -> None:
    """A stream that tells all ways of counting apart: output 1, 10, then 25; the rest given twice."""
    streams("18 °C.", usage=USAGE, between={4: delta(output_tokens=10)})(scene)
    last = scene.exchanges[-1]
    begin = Event("message_start", {"type": "message_start", "message": {"id": "msg_9", "usage": FIRST}})
    scene.exchanges[-1] = replace(last, events=(begin, *(last.events or ())[1:]))


PROBE = (ask("Rome?"), probe)


def measured(**said: float) -> Oracles:
    """What the program reports."""
    return Oracles(measured=said)


@pytest.mark.parametrize(
    ("name", "said", "kind"),
    [
        ("output_tokens", 25, None),
        ("output_tokens", 36, "all summed"),
        ("output_tokens", 35, "deltas summed"),
        ("output_tokens", 1, "first only"),
        ("output_tokens", 10, "first delta only"),
        ("output_tokens", 77, "another number"),
        ("input_tokens", 100, None),
        ("input_tokens", 1100, None),
        ("input_tokens", 200, "all summed"),
        ("cache_read_input_tokens", 1000, None),
        ("cache_read_input_tokens", 2000, "all summed"),
    ],
)
def test_each_way_of_counting_is_named(name: str, said: float, kind: str | None) -> None:
    """The one that gives the number reported; a number nobody can explain is a warning."""
    found = report(*PROBE, oracles=measured(**{name: said}))
    assert [each.kind for each in found.of("R14")] == ([f"{name}: {kind}"] if kind else [])
    wanted = "pass" if kind is None else "warning" if kind == "another number" else "violation"
    assert found.verdicts["R14"] == wanted


def test_several_calls_are_added_up() -> None:
    """A figure for all calls is compared with the sum of the last counters, whole answers among them."""
    steps = (*PROBE, new(), ask("Oslo?"), reply("4 °C.", usage={"output_tokens": 7}))
    assert report(*steps, oracles=measured(output_tokens=32)).verdicts["R14"] == "pass"
    assert finding("R14", *steps, oracles=measured(output_tokens=43)).kind == "output_tokens: all summed"


def test_a_broken_stream_may_be_counted_or_not() -> None:
    """It is billed as far as it got; leaving it out is no way of adding up."""
    steps = (*PROBE, new(), ask("Oslo?"), streams("4 °C.", usage=USAGE, until=3, ended="cut", keep=False))
    for said in (25, 50):
        assert report(*steps, oracles=measured(output_tokens=said)).verdicts["R14"] == "pass"


def test_counting_needs_the_program_s_figure() -> None:
    """A probe nobody reports on is undecided; other traffic is not exercised."""
    assert report(*PROBE).verdicts["R14"] == "inconclusive"
    plain = (ask("Rome?"), reply("18 °C."))
    assert report(*plain).verdicts["R14"] == "not-exercised"
    assert report(*plain, oracles=measured(output_tokens=999)).verdicts["R14"] == "not-exercised"


SPLIT: Any = {"ephemeral_5m_input_tokens": 2304, "ephemeral_1h_input_tokens": 10_000}
MIXED: Any = {
    "input_tokens": 3,
    "cache_creation_input_tokens": 12_304,
    "cache_creation": SPLIT,
    "cache_read_input_tokens": 66_360,
    "output_tokens": 100,
}
CACHED = (ask("Rome?", model="claude-opus-4-8"), reply("18 °C.", usage=MIXED))
IN, OUT, SHORT, LONG, READ = 5.0, 25.0, 6.25, 10.0, 0.5
ROUNDS: Any = {**MIXED, "iterations": [{}, {}]}
TRUTH = (3 * IN + 2304 * SHORT + 10_000 * LONG + 66_360 * READ + 100 * OUT) / 1e6


@pytest.mark.parametrize(
    ("cost", "kind"),
    [
        (TRUTH, None),
        (round(TRUTH, 4), None),
        (TRUTH * 1.0005, None),
        ((3 * IN + 100 * OUT) / 1e6, "the cache left out"),
        ((78_667 * IN + 100 * OUT) / 1e6, "cached tokens at the full price"),
        (TRUTH + 66_360 * (IN - READ) / 1e6, "reads at the full price"),
        (TRUTH - 66_360 * READ / 1e6, "reads left out"),
        (TRUTH - 10_000 * (LONG - SHORT) / 1e6, "writes for an hour at the price of 5 minutes"),
        (TRUTH + (2304 * SHORT + 10_000 * LONG) / 1e6, "writes counted twice"),
        (TRUTH + 12_304 * IN / 1e6, "writes counted again as input"),
        (TRUTH + 78_664 * IN / 1e6, "cached tokens counted again as input"),
        (TRUTH - 78_664 * IN / 1e6, "cached tokens taken off input_tokens, which has none"),
        (TRUTH * 1.37, "another amount"),
    ],
)
def test_each_wrong_formula_is_named(cost: float, kind: str | None) -> None:
    """The formula that gives the amount reported; rounding is none."""
    found = report(*CACHED, oracles=measured(cost=cost))
    assert [each.kind for each in found.of("R15")] == ([kind] if kind else [])
    wanted = "pass" if kind is None else "warning" if kind == "another amount" else "violation"
    assert found.verdicts["R15"] == wanted


def test_cost_without_a_cache_shows_nothing() -> None:
    """Every formula gives the same."""
    plain = (ask("Rome?"), reply("18 °C."))
    assert report(*plain, oracles=measured(cost=9.0)).verdicts["R15"] == "not-exercised"


@pytest.mark.parametrize(
    "steps",
    [
        (ask("Rome?", model="claude-next-9"), reply("18 °C.", usage=MIXED)),
        (*CACHED, create(row("a", "Oslo?"))),
        (ask("Rome?"), reply("18 °C.", usage=ROUNDS)),
    ],
)
def test_cost_that_cannot_be_known(steps: tuple[Step, ...]) -> None:
    """An unknown model, batches, or rounds billed apart: nothing is said of the amount."""
    assert report(*steps, oracles=measured(cost=9.0)).verdicts["R15"] == "inconclusive"


LOOK = [tool("look"), tool("feel")]


def rounds(number: int, *names: str, answer: str = "nothing", **flags: Any) -> tuple[Step, ...]:
    """A loop of tool calls: these tools in turns, each with its result."""
    steps: list[Step] = [ask("Where is the key?", tools=LOOK)]
    for at_round in range(number):
        name = names[at_round % len(names)]
        steps += [
            reply(call(f"c{at_round}", name, place="shelf")),
            ask(result(f"c{at_round}", answer.format(at_round), **flags)),
        ]
    return tuple(steps)


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(rounds(60, "look"), id="the same call"),
        pytest.param(rounds(60, "look", "feel"), id="two tools in turns"),
        pytest.param(rounds(60, "look", "feel", "look", answer="no", is_error=True), id="only errors"),
    ],
)
def test_a_loop_without_a_bound(steps: tuple[Step, ...]) -> None:
    """Over fifty requests that get nowhere are an error, with what they cost."""
    found = finding("R23", *steps)
    assert (found.kind, found.verdict) == ("no bound", "violation")
    assert found.exchanges[0] == "exch_51"
    assert found.dollars_lost


@pytest.mark.parametrize("number", [10, 18])
def test_a_loop_that_is_stopped(number: int) -> None:
    """The gate held; whether it was the program's is known from the test alone."""
    stopped = (*rounds(number, "look"), reply(call("last", "look", place="shelf")))
    assert report(*stopped, oracles=Oracles(complete=True)).verdicts["R23"] == "pass"
    assert report(*stopped).verdicts["R23"] == "inconclusive"


def test_a_gate_that_is_far() -> None:
    """Forty times the same are told of, as advice."""
    stopped = (*rounds(40, "look"), reply(call("last", "look", place="shelf")))
    found = finding("R23", *stopped, oracles=Oracles(complete=True))
    assert (found.kind, found.verdict) == ("late stop", "note")


def different(number: int) -> tuple[Step, ...]:
    """A long task: another place each time."""
    steps: list[Step] = [ask("Where is the key?", tools=LOOK)]
    for at_round in range(number):
        steps += [reply(call(f"c{at_round}", "look", place=str(at_round))), ask(result(f"c{at_round}", "nothing"))]
    return tuple(steps)


def test_long_tasks_are_no_loops() -> None:
    """Something new each time is work, unless the test sets a bound."""
    assert report(*different(60)).verdicts["R23"] == "not-exercised"
    assert finding("R23", *different(60), oracles=Oracles(max_requests=30)).kind == "no bound"
    assert report(*different(60), oracles=Oracles(max_requests=100)).verdicts["R23"] == "pass"


def test_a_bound_of_ones_own() -> None:
    """A test that expects more requests says so."""
    steps = (*rounds(60, "look"), reply(call("last", "look", place="shelf")))
    told = Oracles(max_requests=100, complete=True)
    assert {each.verdict for each in report(*steps, oracles=told).of("R23")} == {"note"}


def test_waiting_for_a_job_is_less_grave() -> None:
    """A tool that says something new each time may get somewhere."""
    found = finding("R23", *rounds(60, "look", answer="{} % done"))
    assert found.verdict == "warning"


def test_failed_attempts_do_not_end_a_loop() -> None:
    """A 529 between two rounds is no change of mind."""
    first, second = rounds(30, "look"), rounds(60, "look")[61:]
    steps = (*first, fails(529), ask(), *second)
    assert finding("R23", *steps).kind == "no bound"


def letters(number: int, *answers: str, pause: float = 3.0, tokens: int = 200, **params: Any) -> tuple[Step, ...]:
    """One question each."""
    each = (
        (
            new(),
            ask(f"Is letter {n} a complaint?", **params),
            reply(answers[n % len(answers)], usage={"output_tokens": tokens}),
            wait(pause),
        )
        for n in range(number)
    )
    return tuple(chain.from_iterable(each))


MANY = tuple(f"A summary of letter {n}." for n in range(60))
OFFLINE = Oracles(offline=True)


def dependent() -> tuple[Step, ...]:
    """Each question quotes the answer before."""
    steps: list[Step] = []
    for n in range(30):
        steps += [new(), ask(f"Go on: A summary of letter {n - 1}."), reply(MANY[n]), wait(3)]
    return tuple(steps)


def streamed() -> tuple[Step, ...]:
    """Somebody watches."""
    steps: list[Step] = []
    for n in range(30):
        steps += [new(), ask(f"Is letter {n} a complaint?"), streams(MANY[n]), wait(3)]
    return tuple(steps)


@pytest.mark.parametrize(
    ("steps", "oracles", "found"),
    [
        pytest.param(letters(30, *MANY), Oracles(), True, id="thirty letters in two minutes"),
        pytest.param(letters(30, *MANY, pause=0.0), Oracles(), False, id="in half a minute"),
        pytest.param(letters(30, *MANY, pause=0.0), OFFLINE, True, id="declared offline"),
        pytest.param(letters(15, *MANY, pause=9.0), Oracles(), False, id="too few"),
        pytest.param(letters(30, *MANY, pause=7200.0), Oracles(), False, id="two hours between them"),
        pytest.param(dependent(), Oracles(), False, id="each depends on the one before"),
        pytest.param(streamed(), Oracles(), False, id="streams"),
        pytest.param(
            (*letters(15, *MANY), new(), ask("Hi", model="claude-haiku-4-5"), reply("Hello."), *letters(15, *MANY)),
            Oracles(),
            False,
            id="other calls between them",
        ),
    ],
)
def test_what_could_have_been_a_batch(steps: tuple[Step, ...], oracles: Oracles, found: bool) -> None:
    """Many single calls of one kind that nobody waits for; never more than a note."""
    seen = report(*steps, oracles=oracles).of("R54")
    assert [each.verdict for each in seen] == (["note"] if found else [])
    for each in seen:
        assert each.dollars_lost


def test_conversations_are_no_batch() -> None:
    """What goes on from an answer cannot wait a day."""
    steps = [ask("Hi"), reply("Hello there, friend."), wait(3)]
    talks = [step for n in range(30) for step in (new(), *steps, ask(f"Letter {n}?"), reply(MANY[n]), wait(3))]
    assert report(*talks).of("R54") == ()


@pytest.mark.parametrize(
    ("most", "tokens", "kind"),
    [(32_000, 200, "too loose"), (4096, 20, None), (8000, 500, None), (500, 200, None)],
)
def test_limits_that_fit(most: int, tokens: int, kind: str | None) -> None:
    """A limit far over what is needed is told of, from 4,096 on."""
    found = report(*letters(20, *MANY, tokens=tokens, max_tokens=most))
    assert [each.kind for each in found.of("R61")] == ([kind] if kind else [])
    assert report(*letters(19, *MANY, tokens=tokens, max_tokens=most)).verdicts["R61"] == "not-exercised"


@pytest.mark.parametrize(("cut", "most", "found"), [(2, 500, True), (1, 500, False), (5, 16, False)])
def test_limits_that_cut(cut: int, most: int, found: bool) -> None:
    """More than one answer in twenty: a warning; tiny limits are meant."""
    short = [
        step
        for n in range(cut)
        for step in (new(), ask(f"Cut {n}?", max_tokens=most), reply("And th", stop_reason="max_tokens"))
    ]
    kinds = [(each.kind, each.verdict) for each in report(*letters(24, *MANY, max_tokens=most), *short).of("R61")]
    assert kinds == ([("too tight", "warning")] if found else [])


@pytest.mark.parametrize(
    ("oracles", "kind"),
    [
        (Oracles(usage_read=frozenset()), "unread"),
        (Oracles(usage_read=frozenset({"output_tokens"})), "cache unread"),
        (Oracles(usage_read=frozenset({"output_tokens", "cache_read_input_tokens"})), None),
        (Oracles(usage_read=frozenset(), measured={"cost": TRUTH}), None),
    ],
)
def test_figures_that_are_read(oracles: Oracles, kind: str | None) -> None:
    """Those of the cache too, where there is one; a figure from elsewhere (a gateway) counts."""
    found = report(*CACHED, oracles=oracles)
    assert [each.kind for each in found.of("R62")] == ([kind] if kind else [])


def test_figures_nobody_watched() -> None:
    """Without the fixture nothing is known."""
    assert report(*CACHED).verdicts["R62"] == "not-exercised"


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        (letters(24, "Yes.", "No.", tokens=4), True),
        (letters(24, "Yes.", "No.", tokens=4, model="claude-haiku-4-5"), False),
        (letters(24, "Yes.", "No.", tokens=4, tools=LOOK), False),
        (letters(24, "Yes.", "No.", tokens=4, thinking={"type": "adaptive"}, max_tokens=9000), False),
        (letters(24, *MANY, tokens=40), False),
        (letters(24, "Yes.", "No.", tokens=400), False),
        (letters(19, "Yes.", "No.", tokens=4), False),
    ],
)
def test_simple_work(steps: tuple[Step, ...], found: bool) -> None:
    """A handful of short answers, without tools and thinking; never more than a note."""
    assert [each.verdict for each in report(*steps).of("R63")] == (["note"] if found else [])


def test_long_prompts_are_no_simple_work() -> None:
    """Much to read is not simple."""
    steps = [
        step
        for n in range(24)
        for step in (new(), ask(f"Letter {n}?"), reply("Yes.", usage={"input_tokens": 5000, "output_tokens": 4}))
    ]
    assert report(*steps).of("R63") == ()


def test_overlapping_loops_are_kept_apart() -> None:
    """Two conversations with the same tool, at the same time, are two short ones."""
    one, two = rounds(9, "look"), rounds(9, "look")
    assert report(*one, at(0.5), new(), *two, oracles=Oracles(complete=True)).of("R23") == ()
