"""Streams: read to the end, put together properly, and not taken for whole when they are not."""

from typing import Any

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, Step, again, ask, call, keep, new, reply, result, streams, tool
from claudemock_contracts.exchange import Event
from claudemock_contracts.oracles import Oracles, Outcome
from claudemock_contracts.rules import stream_ends, stream_reading

_HALF = "First melt the butter, then"
_ALL = "First melt the butter, then add the flour."
_SEARCH = tool("search")


def _remembers(*content: Any) -> Step:
    """The client takes this for the assistant's answer."""
    return keep(lambda history: [*history, {"role": "assistant", "content": list(content)}])


def _text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def _with_news(*words: str) -> Step:
    """A stream that has an event of a new kind in it."""
    odd = Event("glow", {"type": "glow", "colour": "green"})
    return streams(*words, between={4: odd})


CONTRACTS = (
    Contract(
        id="R05",
        name="stream-error-swallowed",
        title="An error event in a stream is a failed call, not the end of an answer",
        family="streaming",
        why="The status was 200, so nothing else tells of the failure. Half an answer is shown as a whole one, and the "
        "conversation is built on it.",
        severity="error",
        evidence="A+O",
        fix="Handle `error` in the switch over events. With the Python SDK catch APIStatusError: its status_code is "
        "200 there, and its type tells what happened.",
        good=Example(
            "The call is made again, and its answer is the one that is kept.",
            ask("How do I make the sauce?", stream=True),
            streams(_HALF, until=3, error="overloaded_error", keep=False),
            again(1.0),
            streams(_ALL),
            ask("And then?"),
            streams("Stir for ten minutes."),
        ),
        bad=Example(
            "What had come before the error becomes the answer.",
            ask("How do I make the sauce?", stream=True),
            streams(_HALF, until=3, error="overloaded_error", keep=False),
            _remembers(_text(_HALF)),
            ask("And then?"),
            streams("Stir for ten minutes."),
        ),
        judge=stream_ends.error_swallowed,
        threads=("anthropics/anthropic-sdk-python#1258", "karthink/gptel#1512", "use-agent-os/agent-os#2118"),
    ),
    Contract(
        id="R22",
        name="stream-truncated-accepted",
        title="A stream without a stop reason is no whole answer",
        family="streaming",
        why="A stream that just ends raises nothing in the Python SDK: its final message has stop_reason None, and "
        "half an answer is used as a whole one.",
        severity="error",
        evidence="A+O",
        fix="Check that stop_reason is there when the stream is over; else make the call again, or say that the answer "
        "is cut.",
        good=Example(
            "Nothing is missing: the stop reason was there before the connection ended.",
            ask("How do I make the sauce?", stream=True),
            streams(_HALF, until=3, ended="cut", keep=False),
            again(1.0),
            streams(_ALL, until=5),
            ask("And then?"),
            streams("Stir for ten minutes."),
        ),
        bad=Example(
            "Half an answer goes into the history.",
            ask("How do I make the sauce?", stream=True),
            streams(_HALF, until=3, keep=False),
            _remembers(_text(_HALF)),
            ask("And then?"),
            streams("Stir for ten minutes."),
        ),
        judge=stream_ends.truncated_accepted,
        threads=("BerriAI/litellm#32159", "SamSaffron/term-llm#955", "anthropics/anthropic-sdk-typescript#842"),
    ),
    Contract(
        id="R24",
        name="tool-input-assembly",
        title="The pieces of a tool's input are put together, and parsed once, at the end of their block",
        family="streaming",
        why="A piece may end inside a key, an escape or a character, and there may be none at all. A client that "
        "parses pieces runs its tools with an input nobody asked for.",
        severity="error",
        evidence="A",
        fix="Join partial_json by the block's index, parse at content_block_stop, and take an empty text for {}.",
        good=Example(
            "The input is sent back as it was served.",
            ask("Are there ferries?", tools=[_SEARCH], stream=True),
            streams(call("one", "search", query="ferries", limit=3)),
            ask(result("one", "One a day.")),
            streams("There is one a day."),
        ),
        bad=Example(
            "The input is lost.",
            ask("Are there ferries?", tools=[_SEARCH], stream=True),
            streams(call("one", "search", query="ferries", limit=3), keep=False),
            _remembers(call("one", "search")),
            ask(result("one", "No query given.", is_error=True)),
            streams("I do not know."),
        ),
        judge=stream_reading.input_assembled,
        threads=("deepset-ai/haystack-core-integrations#1947", "dust-tt/dust#5527", "activeagents/activeagent#299"),
    ),
    Contract(
        id="R47",
        name="unfinished-stream-leak",
        title="Streams are read to their end, or closed",
        family="streaming",
        why="A stream nobody reads holds its connection, and the answer is paid for all the same.",
        severity="note",
        evidence="P",
        fix="Use the stream as a context manager; if only the beginning is wanted, ask for fewer tokens.",
        good=Example(
            "The stream is read to its end.",
            ask("Count to three.", stream=True),
            streams("One, two, three."),
        ),
        bad=Example(
            "The client looks at the first event only.",
            *(
                step
                for line in ("One?", "Two?", "Three?", "Four?")
                for step in (new(), ask(line, stream=True), streams("Yes.", until=1, ended="client_gone", keep=False))
            ),
        ),
        judge=stream_ends.left_open,
    ),
    Contract(
        id="R60",
        name="unknown-event-crash",
        title="Events, deltas and blocks of unknown kinds are passed over",
        family="streaming",
        why="The API adds kinds of events and blocks at any time, and says so. A client that fails on them fails for "
        "all its users on the same day.",
        severity="error",
        evidence="A",
        fix="Give the switch over events, deltas and blocks a default case that does nothing.",
        good=Example(
            "There is an event of a new kind in the stream, and the conversation goes on.",
            ask("Good evening!", stream=True),
            _with_news("Good evening ", "to you all."),
            ask("How are you?"),
            reply("Well, thank you."),
        ),
        bad=Example(
            "There is an event of a new kind in the stream, and the program ends.",
            ask("Good evening!", stream=True),
            _with_news("Good evening ", "to you all."),
            oracles=Oracles(outcomes=[Outcome(kind="raised", error="KeyError: 'glow'")]),
        ),
        judge=stream_reading.unknown_passed_over,
        threads=("anomalyco/opencode#43765", "earendil-works/pi#3708", "activeagents/activeagent#299"),
    ),
)
