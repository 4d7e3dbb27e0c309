"""The prompt cache: prefixes that change before the breakpoint, so that nothing is ever read."""

from typing import Any

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, ask, call, keep, new, reply, result, text, tool
from claudemock_contracts.rules import cache_drift

_RULES = "You answer questions about the house rules. " * 400
_STABLE = [text(_RULES, cache=True)]


def _at(clock: str) -> list[dict[str, Any]]:
    return [text(f"It is 2026-11-22T{clock}Z. {_RULES}", cache=True)]


def _tool_set(*names: str) -> list[dict[str, Any]]:
    return [tool(name, description=f"{name}. {_RULES}") for name in names]


CONTRACTS = (
    Contract(
        id="R02",
        name="cache-prefix-drift",
        title="Everything up to a cache breakpoint stays the same from request to request",
        family="caching",
        why="The cache matches exactly. One value that changes, a time or an id, makes every request pay the full "
        "prefix and the surcharge for writing it, and nothing ever reads it. No error tells so; only the bill does.",
        severity="error",
        evidence="P",
        fix="Move the value behind the last shared breakpoint, into the first user message, or cut it down to a date.",
        good=Example(
            "The time is in the user message, behind the breakpoint.",
            ask("It is 10:00:00. May I smoke?", system=_STABLE),
            reply("Not in the kitchen, I am afraid."),
            new(),
            ask("It is 10:00:07. May I sing?"),
            reply("Until ten in the evening, yes."),
            new(),
            ask("It is 10:00:09. May I dance?"),
            reply("In your own flat, of course."),
        ),
        bad=Example(
            "The time is the first thing in the system prompt.",
            ask("May I smoke?", system=_at("10:00:00")),
            reply("Not in the kitchen, I am afraid."),
            new(),
            ask("May I sing?", system=_at("10:00:07")),
            reply("Until ten in the evening, yes."),
            new(),
            ask("May I dance?", system=_at("10:00:09")),
            reply("In your own flat, of course."),
        ),
        judge=cache_drift.drift,
        threads=("goruck/home-generative-agent#617", "anthropics/claude-code#68900", "sgl-project/sglang#21064"),
    ),
    Contract(
        id="R07",
        name="cache-marker-on-varying-block",
        title="The breakpoint is on the last block that stays the same",
        family="caching",
        why="An entry is written at the breakpoint and nowhere else. On a block that differs every time, each request "
        "writes an entry that no other request can read.",
        severity="error",
        evidence="P",
        fix="Put cache_control on the last block of the part that requests share, not on the question.",
        good=Example(
            "The breakpoint is on the rules, which all questions share.",
            ask(text("May I smoke?"), system=_STABLE),
            reply("Not in the kitchen, I am afraid."),
            new(),
            ask(text("May I sing?")),
            reply("Until ten in the evening, yes."),
            new(),
            ask(text("May I dance?")),
            reply("In your own flat, of course."),
        ),
        bad=Example(
            "The breakpoint is on the question.",
            ask(text("May I smoke?", cache=True), system=[text(_RULES)]),
            reply("Not in the kitchen, I am afraid."),
            new(),
            ask(text("May I sing?", cache=True)),
            reply("Until ten in the evening, yes."),
            new(),
            ask(text("May I dance?", cache=True)),
            reply("In your own flat, of course."),
        ),
        judge=cache_drift.varying,
        threads=("AstrBotDevs/AstrBot#9625", "can1357/oh-my-pi#7326"),
    ),
    Contract(
        id="R18",
        name="tools-unstable",
        title="A cached conversation keeps its tools, their order and their schemas",
        family="caching",
        why="Tools come first in the prompt: any change of them loses the whole cache, system prompt and history too.",
        severity="error",
        evidence="P",
        fix="Sort the tools by name and build their schemas deterministically; to add tools later, use defer_loading "
        "and tool search.",
        good=Example(
            "The same list every time.",
            ask("Oslo?", system=_STABLE, tools=_tool_set("map", "weather")),
            reply(call("oslo", "weather", city="Oslo")),
            ask(result("oslo", "4 °C")),
            reply("4 °C in Oslo."),
        ),
        bad=Example(
            "The list comes from a set.",
            ask("Oslo?", system=_STABLE, tools=_tool_set("map", "weather")),
            reply(call("oslo", "weather", city="Oslo")),
            ask(result("oslo", "4 °C"), tools=_tool_set("weather", "map")),
            reply("4 °C in Oslo."),
        ),
        judge=cache_drift.tools,
        threads=("can1357/oh-my-pi#890", "redpanda-data/ai-sdk-go#157", "langchain-ai/deepagents#2497"),
    ),
    Contract(
        id="R19",
        name="json-key-order",
        title="JSON inside the prompt keeps the order of its keys",
        family="caching",
        why="The order of keys in tool inputs and schemas is part of the prompt: the same values in another order are "
        "another prefix.",
        severity="error",
        evidence="P",
        fix="Keep tool_use.input as it was served, and dump schemas and JSON texts with sorted keys.",
        good=Example(
            "The input is sent back as served.",
            ask("Oslo?", system=_STABLE, tools=[tool("weather")], cache_control={"type": "ephemeral"}),
            reply(call("oslo", "weather", city="Oslo", unit="C")),
            ask(result("oslo", "4 °C")),
            reply("4 °C in Oslo."),
            ask("Thanks!"),
            reply("You are welcome."),
        ),
        bad=Example(
            "A database gave the input back with its keys in another order.",
            ask("Oslo?", system=_STABLE, tools=[tool("weather")], cache_control={"type": "ephemeral"}),
            reply(call("oslo", "weather", city="Oslo", unit="C")),
            ask(result("oslo", "4 °C")),
            reply("4 °C in Oslo."),
            keep(
                lambda history: [
                    history[0],
                    {"role": "assistant", "content": [call("oslo", "weather", unit="C", city="Oslo")]},
                    *history[2:],
                ]
            ),
            ask("Thanks!"),
            reply("You are welcome."),
        ),
        judge=cache_drift.key_order,
        threads=("maximhq/bifrost#2082", "stanfordnlp/dspy#10216"),
    ),
    Contract(
        id="R20",
        name="history-rewritten",
        title="A conversation's history is only added to while its cache is warm",
        family="caching",
        why="A change far back loses the cache from there on, every time. Once, to shorten it, it may pay; on every "
        "turn it costs more than it saves.",
        severity="warning",
        evidence="P",
        fix="Add to the history and leave the rest; prune seldom and much, or after a pause longer than the lifetime.",
        good=Example(
            "Each turn is added behind the others.",
            ask("Who was Ada?", system=_STABLE, cache_control={"type": "ephemeral"}),
            reply("Ada Lovelace wrote the first program."),
            ask("And Grace?"),
            reply("Grace Hopper wrote the first compiler."),
        ),
        bad=Example(
            "Every turn edits the first message.",
            ask("(turn 1 of many) Who was Ada?", system=_STABLE, cache_control={"type": "ephemeral"}),
            reply("Ada Lovelace wrote the first program."),
            keep(lambda history: [{"role": "user", "content": "(second turn) Who was Ada?"}, *history[1:]]),
            ask("And Grace?"),
            reply("Grace Hopper wrote the first compiler."),
            keep(lambda history: [{"role": "user", "content": "(we are in the third) Who was Ada?"}, *history[1:]]),
            ask("And Katherine?"),
            reply("Katherine Johnson calculated the orbits."),
        ),
        judge=cache_drift.rewritten,
        threads=("openclaw/openclaw#137021", "gptme/gptme#2724", "ranxianglei/opencode-acp#26"),
    ),
)
