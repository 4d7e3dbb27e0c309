"""An assistant turn with tool calls and the user turn that answers it: what all tool rules look at."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from claudemock_contracts.oracles import ToolRun
from claudemock_contracts.transcript import Call, Part, Transcript, Turn, parts_of


class Pair(NamedTuple):
    """`asked` is the assistant turn, `answer` the user turn behind it, one of them fresh in `call`.

    `calls` are the calls of client tools in `asked`, `results` the tool results in `answer`. Either may be empty.
    """

    call: Call
    asked: Turn
    answer: Turn
    calls: Sequence[Part]
    results: Sequence[Part]


RunsByCall = Mapping[tuple[str, str], Sequence[ToolRun]]
SERVER_CALLS = ("server_tool_use", "mcp_tool_use")
_NOTHING = Turn("assistant", (), 0, 0)


def pairs(story: Transcript) -> Iterator[Pair]:
    """Every such pair of a transcript, once: where it is new. Messages without any tool block are left out.

    A history of which a part is unknown (a thread that began before the recording) is judged where both are known.
    """
    for call in story.calls:
        found = call.turns
        for index, turn in enumerate(found):
            if turn.role != "user" or turn.last < call.fresh:
                continue
            asked = found[index - 1] if index else _NOTHING
            if not index and (turn.first > 0 or unknown_history(call)):
                continue
            calls = [part for part in asked.of("tool_use") if part.id]
            results = turn.of("tool_result")
            if calls or results:
                yield Pair(call, asked, turn, calls, results)


def server_results(story: Transcript) -> Iterator[tuple[Call, Part, bool]]:
    """New results of tools on the API's side, each with whether the call it names stands before it."""
    for call in story.calls:
        for turn in call.fresh_turns if not unknown_history(call) else ():
            if turn.role != "assistant":
                continue
            here = {part.id for part in turn.parts if part.kind in SERVER_CALLS}
            for part in turn.parts:
                if part.kind.endswith("_tool_result") and part.message >= call.fresh:
                    yield call, part, part.answers in here or _called_before(call, part)


def _called_before(call: Call, result: Part) -> bool:
    """Whether an earlier message has the call; it does if the client's own tools were run in between."""
    return any(
        part.id == result.answers and part.kind in SERVER_CALLS
        for number in range(result.message)
        for part in parts_of(call.messages[number], number)
    )


def unknown_history(call: Call) -> bool:
    """Whether the request goes on from a thread of which nothing was recorded."""
    thread = call.body.get("thread")
    return isinstance(thread, dict) and thread.get("type") == "continue" and not call.offset


def spelled(value: object) -> str:
    """A JSON value written the same way however it came."""
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    except (TypeError, ValueError, RecursionError):
        return repr(value)


def runs_by_call(tools: Sequence[ToolRun]) -> RunsByCall:
    """The executions of watched tools by name and input."""
    found: dict[tuple[str, str], list[ToolRun]] = {}
    for run in tools:
        found.setdefault((run.name, spelled(run.input)), []).append(run)
    return found


def called(part: Part) -> str:
    """A call as people write it: name(input)."""
    given = spelled(part.block.get("input"))
    return f"{part.block.get('name')}({given if len(given) <= 50 else given[:49] + '…'})"
