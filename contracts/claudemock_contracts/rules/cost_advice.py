"""Cost, as advice: batches, limits that fit, figures that are read, models that suffice."""

from itertools import chain

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, Step, ask, new, reply, wait
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.rules import thrift, usage_sums
from claudemock_contracts.rules.batch_examples import create, download, poll, row

_READ = frozenset({"input_tokens", "output_tokens", "cache_read_input_tokens"})


def _many(number: int, *answers: str, tokens: int = 200, pause: float = 0.0) -> tuple[Step, ...]:
    """One question each, the answers in turn."""
    steps = (
        (
            new(),
            ask(f"Is letter {at} a complaint?"),
            reply(answers[at % len(answers)], usage={"output_tokens": tokens}),
            wait(pause),
        )
        for at in range(number)
    )
    return tuple(chain.from_iterable(steps))


_LETTERS = tuple(f"A summary of letter {at}." for at in range(40))

CONTRACTS = (
    Contract(
        id="R54",
        name="batch-candidate",
        title="What nobody waits for goes into a batch",
        family="cost",
        why="A batch costs half of every token price.",
        severity="note",
        evidence="P",
        fix="Send many single calls of one kind as a message batch; where somebody waits for the answers, allow this "
        "rule with the reason.",
        good=Example(
            "Two letters in a batch.",
            create(row("a", "Is letter 1 a complaint?"), row("b", "Is letter 2 a complaint?")),
            wait(60),
            poll("ended", succeeded=2),
            download([("a", "No, it is praise."), ("b", "Yes, about the noise.")]),
        ),
        bad=Example("Thirty letters, one after the other.", *_many(30, *_LETTERS, pause=2.0)),
        judge=thrift.batchable,
    ),
    Contract(
        id="R61",
        name="max-tokens-imprecise",
        title="The max_tokens of a kind of call fits its answers",
        family="cost",
        why="Too small, answers are cut and asked for again at the full price. Too large costs nothing by itself, but "
        "takes away the brake on an answer that does not end.",
        severity="note",
        evidence="P",
        fix="Measure output_tokens per kind of call, and set max_tokens to about twice what nearly all of them need.",
        good=Example(
            "Answers of 200 tokens, and room for 500.", ask(max_tokens=500), reply("…"), *_many(24, *_LETTERS)
        ),
        bad=Example(
            "Answers of 200 tokens, and room for 32,000.", ask(max_tokens=32000), reply("…"), *_many(24, *_LETTERS)
        ),
        judge=thrift.max_tokens,
        threads=("petersalomonsen/javascriptmusic#212",),
    ),
    Contract(
        id="R62",
        name="usage-unread",
        title="The program reads the usage of its calls, the cache's counters too",
        family="cost",
        why="A cache that stopped working changes nothing but the bill; for months nobody notices.",
        severity="note",
        evidence="O",
        fix="Record input_tokens, output_tokens, cache_creation_input_tokens and cache_read_input_tokens of each call.",
        good=Example(
            "The counters are read.",
            ask("How warm is Rome?"),
            reply("18 °C in Rome."),
            oracles=Oracles(usage_read=_READ),
        ),
        bad=Example(
            "Nobody looks at them.",
            ask("How warm is Rome?"),
            reply("18 °C in Rome."),
            oracles=Oracles(usage_read=frozenset()),
        ),
        judge=usage_sums.unread,
    ),
    Contract(
        id="R63",
        name="model-oversized",
        title="Simple work goes to a small model",
        family="cost",
        why="A label out of a handful is chosen as well by a model that costs a fraction; only an evaluation can tell.",
        severity="note",
        evidence="P",
        fix="Evaluate the smallest model on this kind of call; where it is not good enough, allow this rule with the "
        "reason.",
        good=Example("The large model writes whole summaries.", ask(max_tokens=500), reply("…"), *_many(24, *_LETTERS)),
        bad=Example(
            "The large model says yes or no.",
            *_many(24, "Yes.", "No.", tokens=4),
        ),
        judge=thrift.oversized,
    ),
)
