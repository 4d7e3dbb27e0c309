"""For each contract, the smallest changes to its own good example that break it.

A place is written as `1.body.messages.2.content`: the second exchange, and the way into it. Its new value is given, or
made from the old one; `GONE` takes it out. The empty place is the list of exchanges.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from claudemock_contracts.examples import call, result, text
from claudemock_contracts.finding import Severity
from claudemock_contracts.oracles import Oracles, Outcome
from tests.contracts.damages import GONE

Edits = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mutation:
    """`says` is what a program does wrong now; `oracles`, if given, stand for those of the example.

    `least` is the severity it has to have where the whole contract's takes more than one small change.
    """

    rule: str
    says: str
    edits: Edits
    oracles: Oracles | None = None
    least: Severity | None = None


def after(extra: Any) -> Callable[[Any], Any]:
    """One more item, behind a list's or a text's."""
    return lambda old: [*old, extra] if isinstance(old, list) else old + extra


def before(extra: Any) -> Callable[[Any], Any]:
    """One more item, or other words, in front."""
    return lambda old: [extra, *old] if isinstance(old, list) else extra + old


def backwards(old: Any) -> Any:
    """The same in the other order: a list, or an object's fields."""
    return dict(reversed(old.items())) if isinstance(old, dict) else old[::-1]


def later(seconds: float) -> Callable[[float], float]:
    """That much later, or earlier."""
    return lambda old: old + seconds


def once_more(number: int, **changes: Any) -> Callable[[list[Any]], list[Any]]:
    """An exchange made again, right behind itself."""
    return lambda all_: [*all_[: number + 1], {**all_[number], **changes}, *all_[number + 1 :]]


def swapped(one: int, two: int) -> Callable[[list[Any]], list[Any]]:
    """Two exchanges in each other's place and time."""

    def swap(all_: list[Any]) -> list[Any]:
        found = [*all_]
        found[one] = {**all_[two], "started": all_[one]["started"]}
        found[two] = {**all_[one], "started": all_[two]["started"]}
        return found

    return swap


def repeated(times: int, number: int = 0, pause: float = 2.0, **changes: Any) -> Callable[[list[Any]], list[Any]]:
    """An exchange made again and again, and nothing behind it."""

    def repeat(all_: list[Any]) -> list[Any]:
        one = all_[number]
        more = [{**one, **changes, "started": one["started"] + pause * (at + 1)} for at in range(times)]
        return [*all_[: number + 1], *more]

    return repeat


def each(count: int, place: str, change: Any, first: int = 0) -> dict[str, Any]:
    """The same edit in several exchanges; `change` is called with the exchange's number."""
    return {f"{number}.{place}": change(number) for number in range(first, first + count)}


def always(value: Any) -> Callable[[int], Any]:
    """The same value in each of them."""
    return lambda _: value


def returned(value: Any) -> Oracles:
    """What the program ended with."""
    return Oracles(outcomes=[Outcome(kind="returned", value=value)])


def _letter(number: int) -> dict[str, Any]:
    """A question by itself, with its answer."""
    messages = [{"role": "user", "content": f"Is letter {number} a complaint?"}]
    usage = {"input_tokens": 100, "output_tokens": 20}
    content = [text(f"Letter {number} is none.")]
    return {
        "method": "POST",
        "path": "/v1/messages",
        "body": {"model": "claude-opus-4-8", "max_tokens": 512, "messages": messages},
        "response": {"type": "message", "content": content, "stop_reason": "end_turn", "usage": usage},
    }


def _one_by_one(all_: list[Any]) -> list[Any]:
    begin = all_[0]
    return [{**begin, **_letter(at), "id": f"exch_{at}", "started": begin["started"] + 3 * at} for at in range(25)]


def _with_earlier(messages: list[Any]) -> list[Any]:
    """The calls of the other conversation, as a shared list would hold them."""
    asked = {"role": "assistant", "content": [call("oslo", "get_weather", city="Oslo")]}
    return [messages[0], asked, {"role": "user", "content": [result("oslo", "4 °C")]}, *messages[1:]]


def _parted(messages: list[Any]) -> list[Any]:
    *earlier, last = messages
    return [*earlier, *({**last, "content": [block]} for block in last["content"])]


def _exchanged(results: list[Any]) -> list[Any]:
    """The contents of two results, each under the id of the other."""
    one, two = results
    return [{**one, "content": two["content"]}, {**two, "content": one["content"]}]


_MARK = {"type": "ephemeral"}
_HALF = "First melt the butter, then"
_CLOCKS = each(3, "body.system.0.text", lambda number: before(f"It is 10:00:0{number}. "))
_MOVED = {
    **each(3, "body.system.0.cache_control", always(GONE)),
    **each(3, "body.messages.0.content.0.cache_control", always(_MARK)),
}
_CACHE_LEFT_OUT = Oracles(measured={"cost": (3 * 5 + 100 * 25) / 1e6})

MUTATIONS = (
    Mutation("R01", "one result is left out", {"1.body.messages.2.content.1": GONE}),
    Mutation("R01", "the results are told in words", {"1.body.messages.2.content": [text("Oslo 4, Rome 18.")]}),
    Mutation("R02", "the time stands before the breakpoint", _CLOCKS),
    Mutation("R03", "the second attempt is not made", {"1": GONE}),
    Mutation("R04", "it waits half as long", {"1.started": later(-1)}),
    Mutation("R05", "the first attempt's text is kept", {"2.body.messages.1.content.0.text": _HALF}),
    Mutation("R06", "the history is cut one message too late", {"3.body.messages": lambda old: old[2:]}),
    Mutation("R06", "an id is made up", {"3.body.messages.2.content.0.tool_use_id": "call_0"}),
    Mutation("R07", "the breakpoint is on the question", _MOVED),
    Mutation("R08", "the second attempt is cut too, and its call is run", {"1.response.stop_reason": "max_tokens"}),
    Mutation("R09", "the second attempt has the same limit", {"1.body.max_tokens": 4096}),
    Mutation("R10", "a message for each result", {"1.body.messages": _parted}),
    Mutation("R11", "the thinking is left out", {"1.body.messages.1.content.0": GONE}),
    Mutation("R11", "the signature is lost", {"1.body.messages.1.content.0.signature": ""}),
    Mutation("R11", "the thinking is summed up", {"1.body.messages.1.content.0.thinking": "The user wants Oslo."}),
    Mutation("R12", "white space is sent", {"0.body.messages.0.content.0.text": " \n"}),
    Mutation(
        "R13", "one more block is marked", {"0.body.system": after({**text("Be brief."), "cache_control": _MARK})}
    ),
    Mutation("R14", "counters are added up", {}, Oracles(measured={"output_tokens": 60})),
    Mutation("R15", "the cache is left out", {}, _CACHE_LEFT_OUT),
    Mutation("R16", "a loop around the SDK's", {"": lambda old: [*old, *repeated(3, 0, 3.0)(old)[1:]]}),
    Mutation("R17", "the second story is as long", {"1.body.messages.0.content": "A very long story."}),
    Mutation("R18", "the tools come in another order", {"1.body.tools": backwards}),
    Mutation("R19", "an input comes back in another order", {"2.body.messages.1.content.0.input": backwards}),
    Mutation("R20", "the first message is written anew, once", {"1.body.messages.0.content": "Ada?"}, least="note"),
    Mutation("R21", "results are paired by position", {"1.body.messages.2.content": _exchanged}),
    Mutation("R22", "half an answer goes into the history", {"2.body.messages.1.content.0.text": _HALF}),
    Mutation("R22", "the second stream has no stop reason either", {"1.events": lambda old: old[:4]}),
    Mutation("R23", "it has gone on twice as long as it may", {}, Oracles(max_requests=5)),
    Mutation("R24", "the input is lost", {"1.body.messages.1.content.0.input": {}}),
    Mutation("R24", "the pieces are kept as a text", {"1.body.messages.1.content.0.input": json.dumps}),
    Mutation("R25", "an older model is asked", {"0.body.model": "claude-sonnet-4-5"}),
    Mutation("R26", "a tool is forced", {"0.body.tool_choice": {"type": "any"}}),
    Mutation("R27", "the user says something", {"1.body.messages": after({"role": "user", "content": "Go on."})}),
    Mutation("R27", "the call that waits is dropped", {"1.body.messages.1.content.1": GONE}),
    Mutation("R28", "the same model is asked again and again", {"": repeated(2)}),
    Mutation("R29", "the same is asked again and again", {"": repeated(2)}),
    Mutation("R30", "words come first", {"1.body.messages.2.content": before(text("Here they are:"))}),
    Mutation("R31", "the flag is lost", {"1.body.messages.2.content.0.is_error": GONE}),
    Mutation("R32", "a call is answered twice", {"1.body.messages.2.content": after(result("oslo", "5 °C"))}),
    Mutation("R33", "the marker is gone", each(3, "body.system.0.cache_control", always(GONE))),
    Mutation("R34", "the system prompt is short", {"0.body.system.0.text": "Be brief."}),
    Mutation("R35", "the short lifetime comes first", {"0.body.system": backwards}),
    Mutation(
        "R36",
        "the turn has eight more blocks",
        {"1.body.messages.2.content": lambda old: [*old, *map(text, "abcdefgh")]},
    ),
    Mutation("R37", "the breakpoint stays where it was", each(4, "body.cache_control", always(GONE))),
    Mutation("R38", "all at once", each(2, "started", always(later(-0.5)), first=1)),
    Mutation("R39", "no tool may be used any more", {"1.body.tool_choice": {"type": "none"}}, least="note"),
    Mutation("R40", "another model goes on", {"1.body.model": "claude-sonnet-4-5"}),
    Mutation("R41", "seven minutes from turn to turn", each(7, "started", lambda number: later(400 * number))),
    Mutation("R42", "both attempts' texts are kept", {"2.body.messages.1.content.0.text": before("The tide t")}),
    Mutation("R43", "the batch is not looked for", {"1": GONE}),
    Mutation("R44", "the program tries anew", {"": lambda old: repeated(1, 1, 2.0, headers=old[0]["headers"])(old)}),
    Mutation(
        "R45",
        "all come back at once",
        each(5, "started", lambda number: later((0.07, 0.03, 0, -0.03, -0.05)[number - 5]), first=5),
    ),
    Mutation("R46", "an impatient client", {"0.headers.x-stainless-read-timeout": "20"}),
    Mutation("R47", "the stream is left open", {"0.ended": None, "0.end_ms": None}),
    Mutation("R48", "the results are not fetched", {"3": GONE}),
    Mutation("R49", "answers in the order of the file", {}, returned(["18 °C in Rome.", "4 °C in Oslo."])),
    Mutation("R50", "the failed row is lost", {"3": GONE}, returned(["18 °C in Rome."])),
    Mutation("R51", "an id is given twice", {"0.body.requests.1.custom_id": "oslo"}),
    Mutation("R52", "it looks all the time", each(6, "started", lambda number: later(-60 * number), first=1)),
    Mutation("R53", "it is not cancelled", {"2": GONE}),
    Mutation("R54", "letters one by one", {"": _one_by_one}),
    Mutation("R55", "it is uploaded for each question", {"": once_more(0, response={"id": "file_b"})}),
    Mutation("R56", "it is not deleted", {"1": GONE}),
    Mutation("R57", "it is deleted too early", {"": swapped(1, 2)}),
    Mutation("R58", "the key is in the prompt", {"0.body.messages.0.content": after(" sk-ant-mock-example-key")}),
    Mutation("R59", "the new version", {"0.headers.anthropic-version": "2026-10-21"}),
    Mutation("R60", "nothing behind the new event is read", {"1.body.messages.1.content.1": GONE}),
    Mutation("R61", "room for a novel", each(25, "body.max_tokens", always(32000))),
    Mutation("R62", "nobody reads the counters", {}, Oracles(usage_read=frozenset())),
    Mutation("R63", "the model says yes", each(25, "response", always(_letter(0)["response"]))),
    Mutation("R64", "words behind the result", {"1.body.messages.2.content": after(text("Hurry up."))}),
    Mutation("R64", "the tool at work is gone", {"1.body.tools.1": GONE}),
    Mutation("R65", "the name is lost", {"1.body.messages.2.content.0.toolset_name": GONE}),
    Mutation("R66", "a model that went", {"0.body.model": "claude-3-opus-20240229"}),
    Mutation("R67", "the other action is run", {"1.body.messages.2.content.1.is_error": GONE}),
    Mutation("R68", "one list for both", {"3.body.messages": _with_earlier}),
    Mutation("R69", "as they finish", {"1.body.messages.2.content": backwards}),
    Mutation("R70", "an old habit", {"0.body.messages.0.content": after(" Think step by step.")}),
)
