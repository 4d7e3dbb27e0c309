"""The prompt cache: breakpoints as they are written, and requests that share a prefix and still miss."""

from typing import Any

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, Step, ask, at, call, new, reply, result, text, tool, wait
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.rules import cache_markers, cache_use

_RULES = "You answer questions about the house rules. " * 400
_STABLE = [text(_RULES, cache=True)]
_AUTO = {"type": "ephemeral"}
_REAL = Oracles(real_time=True)


def _system(*marks: Any) -> list[dict[str, Any]]:
    return [text(f"Chapter {number}. {_RULES}", cache=mark) for number, mark in enumerate(marks, 1)]


def _three(*, system: Any) -> tuple[Step, ...]:
    return (
        ask("May I smoke?", system=system),
        reply("Not in the kitchen, I am afraid."),
        new(),
        ask("May I sing?"),
        reply("Until ten in the evening, yes."),
        new(),
        ask("May I dance?"),
        reply("In your own flat, of course."),
    )


def _turns(pause: float, ttl: str) -> tuple[Step, ...]:
    first = ask("Turn 0.", system=_STABLE, cache_control={"type": "ephemeral", "ttl": ttl})
    more = [each for n in range(1, 7) for each in (wait(pause), ask(f"Turn {n}."), reply(f"This was turn number {n}."))]
    return (first, reply("This was turn number 0."), *more)


def _four(*, moving: bool) -> tuple[Step, ...]:
    def turn(number: int) -> tuple[Step, Step]:
        step = ask(f"Turn {number}. {_RULES}", cache_control=_AUTO if moving else None)
        return step, reply(f"This was turn number {number}.")

    start = ask("Turn 0.", system=_STABLE, cache_control=_AUTO if moving else None)
    return (start, reply("This was turn number 0."), *turn(1), *turn(2), *turn(3))


def _fan(*starts: float) -> tuple[Step, ...]:
    asked = [
        (at(start), new(), ask(f"Question {start}?", system=_STABLE), reply(f"The answer to {start}."))
        for start in starts
    ]
    return tuple(step for steps in asked for step in steps)


def _long_answer(blocks: int) -> tuple[Step, ...]:
    calls = [call(f"n{number}", "weather", city=f"City {number}") for number in range(blocks)]
    results = [result(f"n{number}", "4 °C") for number in range(blocks)]
    return (
        ask("How is the weather everywhere?", system=[text(_RULES)], tools=[tool("weather")], cache_control=_AUTO),
        reply(*calls),
        ask(*results),
        reply("It is the same everywhere."),
    )


CONTRACTS = (
    Contract(
        id="R13",
        name="cache-too-many-breakpoints",
        title="A request has at most four cache breakpoints",
        family="caching",
        why="With five the API refuses the request (400). Mostly two layers add their own.",
        severity="error",
        evidence="P",
        fix="Let one place set the breakpoints; keep the last tool, the last system block and the last message.",
        good=Example(
            "Four, the automatic one included.",
            ask("May I smoke?", system=_system(True, True, True), cache_control=_AUTO),
            reply("No."),
        ),
        bad=Example(
            "Four of one layer, and the automatic one of another.",
            ask("May I smoke?", system=_system(True, True, True, True), cache_control=_AUTO),
            reply("No."),
        ),
        judge=cache_markers.too_many,
        threads=("griffinmartin/opencode-claude-auth#121", "avante-corp/avante.nvim#425"),
    ),
    Contract(
        id="R33",
        name="cache-unused",
        title="A large prefix that is sent again and again is marked for the cache",
        family="caching",
        why="Without cache_control nothing is cached: the same tokens are paid in full every time, ten times a read.",
        severity="warning",
        evidence="P",
        fix='Put "cache_control": {"type": "ephemeral"} on the last block of the shared prefix, or at the top level.',
        good=Example(
            "The shared system prompt is marked.", *_three(system=_STABLE), oracles=Oracles(expected_cache=True)
        ),
        bad=Example("The same system prompt three times, and no breakpoint.", *_three(system=_RULES)),
        judge=cache_markers.unused,
        threads=("BerriAI/litellm#33687", "langchain-ai/langchain#38398", "AnswerDotAI/lisette#107"),
    ),
    Contract(
        id="R34",
        name="cache-below-minimum",
        title="A marked prefix has the fewest tokens the model caches",
        family="caching",
        why="A shorter prefix is not cached, silently: no error, and both counters are 0.",
        severity="note",
        evidence="P",
        fix="Nothing, if the prompt is meant to be short; else mark a longer prefix (tools and system together count).",
        good=Example("A long system prompt.", ask("May I smoke?", system=_STABLE), reply("No.")),
        bad=Example(
            "A short one.", ask("May I smoke?", system=[text("You answer questions.", cache=True)]), reply("No.")
        ),
        judge=cache_markers.below_minimum,
        threads=("mnfst/llm-gateway#1871",),
    ),
    Contract(
        id="R35",
        name="cache-ttl-order",
        title="Breakpoints of one hour stand before those of five minutes",
        family="caching",
        why="The other way round the API refuses the request (400). A marker without ttl is one of five minutes.",
        severity="error",
        evidence="P",
        fix="Give the longer lifetime to the earlier blocks (tools, system), the shorter one to the messages.",
        good=Example("An hour, then five minutes.", ask("May I?", system=_system("1h", True)), reply("No.")),
        bad=Example("Five minutes, then an hour.", ask("May I?", system=_system(True, "1h")), reply("No.")),
        judge=cache_markers.ttl_order,
        threads=("headroomlabs-ai/headroom#2939", "vellum-ai/vellum-assistant#22191"),
    ),
    Contract(
        id="R36",
        name="cache-lookback-exceeded",
        title="The next breakpoint is within 20 blocks of the last one written",
        family="caching",
        why="A breakpoint looks back over 20 blocks for an entry. A turn with more blocks than that does not find what "
        "the turn before has written, and pays for all of it again.",
        severity="warning",
        evidence="P",
        fix="Set a second breakpoint on the way, after every 15 blocks or so.",
        good=Example("A turn of eight calls: eighteen blocks.", *_long_answer(8)),
        bad=Example("A turn of twelve calls: twenty-four blocks.", *_long_answer(12)),
        judge=cache_use.look_back,
        threads=("redpanda-data/ai-sdk-go#205", "Yeachan-Heo/gajae-code#2383"),
    ),
    Contract(
        id="R37",
        name="cache-tail-frozen",
        title="The breakpoint moves on with the conversation",
        family="caching",
        why="Behind the last breakpoint everything is paid in full on every turn, and it grows.",
        severity="warning",
        evidence="P",
        fix="Mark the last message of each turn, or use automatic caching (cache_control at the top level).",
        good=Example("Automatic caching follows the conversation.", *_four(moving=True)),
        bad=Example("Only the system prompt is marked, while the history grows.", *_four(moving=False)),
        judge=cache_markers.tail_frozen,
        threads=("dhanji/g3#77", "Yeachan-Heo/gajae-code#3930"),
    ),
    Contract(
        id="R38",
        name="cache-cold-fanout",
        title="One request warms the cache before the others are sent",
        family="caching",
        why="An entry can be read once the response of its writer has begun. Requests sent together all write it.",
        severity="warning",
        evidence="P",
        fix="Send one request and wait for the first event of its answer (or pre-warm with max_tokens: 0), then send "
        "the others.",
        good=Example("The others come once the first is being answered.", *_fan(0.0, 0.6, 0.7)),
        bad=Example("Three at once.", *_fan(0.0, 0.1, 0.2)),
        judge=cache_use.cold_fanout,
        threads=("anthropics/anthropic-sdk-python#1451", "matt-house-e/accrue#116"),
    ),
    Contract(
        id="R39",
        name="cache-param-flip",
        title="Parameters that shape the prompt stay the same in a cached conversation",
        family="caching",
        why="Tool choice, thinking, effort, output format and images belong to the prompt: another value loses the "
        "cached messages.",
        severity="warning",
        evidence="P",
        fix="Keep them for the whole conversation; say it in the last message instead where you can.",
        good=Example(
            "The default, written out, is the default.",
            ask("Oslo?", system=_STABLE, tools=[tool("weather")], cache_control=_AUTO),
            reply(call("oslo", "weather", city="Oslo")),
            ask(result("oslo", "4 °C"), tool_choice={"type": "auto"}),
            reply("It is 4 °C in Oslo."),
        ),
        bad=Example(
            "Forced, free, forced.",
            ask("Oslo?", system=_STABLE, tools=[tool("weather")], cache_control=_AUTO, tool_choice={"type": "any"}),
            reply(call("oslo", "weather", city="Oslo")),
            ask(result("oslo", "4 °C"), tool_choice={"type": "auto"}),
            reply("It is 4 °C in Oslo."),
            ask("And Rome?", tool_choice={"type": "any"}),
            reply(call("rome", "weather", city="Rome")),
        ),
        judge=cache_use.parameter_flip,
        threads=("vellum-ai/vellum-assistant#37276", "anomalyco/opencode#14743"),
    ),
    Contract(
        id="R40",
        name="cache-scope-split",
        title="A cached conversation stays with one model, speed and workspace",
        family="caching",
        why="Each has a cache of its own: a switch pays for the whole history again.",
        severity="warning",
        evidence="P",
        fix="Choose the model once per conversation; give other work to a sub-agent with a short prompt of its own.",
        good=Example(
            "One model.",
            ask("Who was Ada?", system=_STABLE, cache_control=_AUTO),
            reply("Ada Lovelace wrote the first program."),
            ask("And Grace?"),
            reply("Grace Hopper wrote the first compiler."),
        ),
        bad=Example(
            "A cheaper model for the second turn.",
            ask("Who was Ada?", system=_STABLE, cache_control=_AUTO),
            reply("Ada Lovelace wrote the first program."),
            ask("And Grace?", model="claude-sonnet-5"),
            reply("Grace Hopper wrote the first compiler."),
        ),
        judge=cache_use.scope_split,
        threads=("NousResearch/hermes-agent#58747", "code-yeongyu/senpi#252"),
    ),
    Contract(
        id="R41",
        name="cache-ttl-mismatch",
        title="The lifetime of cache entries fits the pauses between requests",
        family="caching",
        why="Entries that expire between turns are written for nothing; entries of an hour cost twice the input to "
        "write where five minutes would do.",
        severity="warning",
        evidence="P",
        fix='Choose "ttl": "1h" for pauses over five minutes, the default for shorter ones; each read begins it anew.',
        good=Example("Pauses of a minute, entries of five.", *_turns(60, "5m"), oracles=_REAL),
        bad=Example("Pauses of ten minutes, entries of five.", *_turns(600, "5m"), oracles=_REAL),
        judge=cache_use.lifetime,
        threads=("askalf/dario#683", "veryfront/veryfront-code#3437"),
    ),
)
