"""Stop reasons: why an answer ended says what to do with it."""

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, again, ask, call, keep, reply, result, tool
from claudemock_contracts.rules import stop_other, stop_truncated

_WRITE = tool("write_file")
_WEB = {"type": "web_search_20250305", "name": "web_search"}
_LOOKING = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "bridge built"}}

CONTRACTS = (
    Contract(
        id="R08",
        name="stop-max-tokens-ignored",
        title="An answer that stopped at max_tokens is not used as a whole one",
        family="stop-reasons",
        why="The text ends in the middle of a sentence, JSON does not parse, and a tool call may lack half its input: "
        "run all the same, it writes half a file.",
        severity="error",
        evidence="A+O",
        fix="Look at stop_reason before the content: ask again once with a larger max_tokens, ask for the rest, or say "
        "that the answer is cut.",
        good=Example(
            "The call that was cut is not run: the turn is asked for again with a larger limit.",
            ask("Write a poem to a file.", tools=[_WRITE], max_tokens=100),
            reply(call("one", "write_file", path="poem.txt"), stop_reason="max_tokens"),
            keep(lambda history: history[:1]),
            ask(max_tokens=400),
            reply(call("two", "write_file", path="poem.txt", content="Roses are red.")),
            ask(result("two", "written")),
            reply("The poem is in poem.txt."),
        ),
        bad=Example(
            "The call that was cut is run, with half its input.",
            ask("Write a poem to a file.", tools=[_WRITE], max_tokens=100),
            reply(call("one", "write_file", path="poem.txt"), stop_reason="max_tokens"),
            ask(result("one", "0 characters written")),
            reply("The poem is in poem.txt."),
        ),
        judge=stop_truncated.max_tokens_ignored,
        threads=("mastra-ai/mastra#15717", "LibreChat-AI/agents#280", "open-gsd/gsd-pi#2157"),
    ),
    Contract(
        id="R27",
        name="pause-turn-dropped",
        title="A paused turn goes on: its content is sent back as it came, and nothing behind it",
        family="stop-reasons",
        why="The API runs server tools in rounds, and gives the turn back now and then. Dropped, the search was paid "
        "for and its answer never comes; with a user message behind it the request is refused.",
        severity="error",
        evidence="A",
        fix="On pause_turn append the content to the messages, unchanged, and send the same request again.",
        good=Example(
            "The next request ends with the paused turn.",
            ask("When was the bridge built?", tools=[_WEB]),
            reply("I shall look that up, one moment.", _LOOKING, stop_reason="pause_turn"),
            ask(),
            reply("In 1894."),
        ),
        bad=Example(
            "The user is made to say something.",
            ask("When was the bridge built?", tools=[_WEB]),
            reply("I shall look that up, one moment.", _LOOKING, stop_reason="pause_turn"),
            ask("Please continue."),
            reply("In 1894."),
        ),
        judge=stop_other.pause_dropped,
        threads=("dust-tt/dust#28390", "vercel/ai#8422", "prism-php/prism#1003"),
    ),
    Contract(
        id="R28",
        name="refusal-ignored",
        title="A refusal is no answer: another model is asked, or the user is told",
        family="stop-reasons",
        why="It comes with status 200 and mostly without content, and the same model says the same again. Kept in the "
        "history, it makes further refusals likely.",
        severity="error",
        evidence="A+O",
        fix="Look for stop_reason refusal; take the turn out of the history; ask another model once, or say that the "
        "model declined.",
        good=Example(
            "Another model is asked.",
            ask("Which cultures do I need for bread?"),
            reply(stop_reason="refusal"),
            ask(model="claude-sonnet-4-5"),
            reply("Sourdough needs a starter."),
        ),
        bad=Example(
            "The same model is asked the same, again and again.",
            ask("Which cultures do I need for bread?"),
            reply(stop_reason="refusal"),
            again(0.1),
            reply(stop_reason="refusal"),
            again(0.1),
            reply(stop_reason="refusal"),
        ),
        judge=stop_other.refusal_ignored,
        threads=("prism-php/prism#1003", "code-yeongyu/senpi#252", "tetsuo-ai/agenc-core#2111"),
    ),
    Contract(
        id="R29",
        name="context-window-stop-ignored",
        title="An answer that ran into the end of the context window is cut, and a new stop reason is no tool call",
        family="stop-reasons",
        why="`model_context_window_exceeded` means what max_tokens means, except that a larger limit does not help. "
        "Other reasons may be added at any time.",
        severity="warning",
        evidence="A+O",
        fix="Treat it like max_tokens, and make the history shorter first; let the default case treat the answer as "
        "one that ended.",
        good=Example(
            "The history is made shorter, and the call made again.",
            ask("A very long story, please."),
            reply("Once upon a", stop_reason="model_context_window_exceeded"),
            keep(lambda _: []),
            ask("Go on behind: Once upon a"),
            reply("time there was a dragon."),
        ),
        bad=Example(
            "The last call, whose input may be cut, is run.",
            ask("Write a poem to a file.", tools=[_WRITE]),
            reply(call("one", "write_file", path="poem.txt"), stop_reason="model_context_window_exceeded"),
            ask(result("one", "0 characters written")),
            reply("The poem is in poem.txt."),
        ),
        judge=stop_truncated.window_stop_ignored,
        threads=("tetsuo-ai/agenc-core#2111", "open-gsd/gsd-pi#2042"),
    ),
)
