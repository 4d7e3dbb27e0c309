"""Cost: what was used is counted right, and a loop has an end."""

from itertools import chain

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, Step, ask, call, reply, result, streams, tool
from claudemock_contracts.exchange import Event
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.rules import loops, usage_sums

_EARLIER = {4: Event("message_delta", {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 10}})}
_STREAM = (
    ask("How warm is Rome?"),
    streams("18 °C in Rome.", usage={"input_tokens": 100, "output_tokens": 25}, between=_EARLIER),
)
_CACHED = (
    ask("How warm is Rome?"),
    reply(
        "18 °C in Rome.",
        usage={
            "input_tokens": 3,
            "cache_creation_input_tokens": 12304,
            "cache_read_input_tokens": 66360,
            "output_tokens": 100,
        },
    ),
)
_LOOK = tool("look")


def _rounds(number: int) -> tuple[Step, ...]:
    """The same call and the same result, over and over."""
    begin = ask("Where is the key?", tools=[_LOOK])
    each = ((reply(call(f"c{n}", "look", place="shelf")), ask(result(f"c{n}", "nothing"))) for n in range(number))
    return (begin, *chain.from_iterable(each))


CONTRACTS = (
    Contract(
        id="R14",
        name="usage-cumulative-summed",
        title="The usage of a message_delta replaces what came before it",
        family="cost",
        why="The counters of a stream are totals so far. Added up, output is counted more than once, and input and "
        "cache twice where message_delta repeats them.",
        severity="error",
        evidence="A+O",
        fix="Start with message_start.usage, and overwrite each field that a message_delta gives.",
        good=Example("The last counter holds.", *_STREAM, oracles=Oracles(measured={"output_tokens": 25})),
        bad=Example("All counters are added up.", *_STREAM, oracles=Oracles(measured={"output_tokens": 60})),
        judge=usage_sums.cumulative,
        threads=("traceloop/openllmetry#4377", "tensorzero/tensorzero#5481", "ccusage/ccusage#938"),
    ),
    Contract(
        id="R15",
        name="cost-cache-misaccounted",
        title="Cached tokens are counted beside input_tokens, each kind at its own price",
        family="cost",
        why="The counter input_tokens has only the tokens that were neither read from the cache nor written to it. "
        "Reads cost a tenth or less, writes 1.25 or 2 times as much: a wrong formula is out by up to ten times.",
        severity="error",
        evidence="O",
        fix="Add up input_tokens, cache_creation.ephemeral_5m_input_tokens, ephemeral_1h_input_tokens and "
        "cache_read_input_tokens, each at the model's own price for it, from a dated table.",
        good=Example(
            "Four kinds of tokens, four prices.",
            *_CACHED,
            oracles=Oracles(measured={"cost": (3 * 5 + 12304 * 6.25 + 66360 * 0.5 + 100 * 25) / 1e6}),
        ),
        bad=Example(
            "Everything at the full price.",
            *_CACHED,
            oracles=Oracles(measured={"cost": ((3 + 12304 + 66360) * 5 + 100 * 25) / 1e6}),
        ),
        judge=usage_sums.cost,
        threads=("BerriAI/litellm#9812", "Aider-AI/aider#5516", "browser-use/browser-use#5305"),
    ),
    Contract(
        id="R23",
        name="runaway-loop",
        title="An agent loop that gets nowhere ends by a hard bound",
        family="cost",
        why="A model that asks for the same tool again and again is answered again and again: thousands of requests in "
        "half an hour have been reported. The tool runner of the SDKs has no bound of its own.",
        severity="error",
        evidence="A",
        fix="Bound iterations, tokens or money outside of the model's reach (max_iterations of the tool runner), and "
        "stop when the same call comes with the same result for the third time.",
        good=Example(
            "The program stops after ten requests.",
            *_rounds(9),
            reply(call("last", "look", place="shelf")),
            oracles=Oracles(complete=True),
        ),
        bad=Example("The program goes on and on.", *_rounds(60)),
        judge=loops.runaway,
        threads=("DayuanJiang/next-ai-draw-io#455", "strands-agents/harness-sdk#2307", "pydantic/pydantic-ai#70"),
    ),
)
