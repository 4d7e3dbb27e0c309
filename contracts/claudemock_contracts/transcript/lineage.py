"""Which earlier call a request goes on from (RULES.md B2, links `exact` and `echo`).

A request that goes on from another holds something only that call's answer can have given it: an id the API made, a
signature, or a text. That is what keeps conversations apart that run at the same time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from claudemock_contracts.transcript.call import Call, Link
from claudemock_contracts.transcript.history import kind_of, role_of

_SHORTEST_TEXT = 12  # characters; shorter ones ("Done.") are said again and again
_REMEMBERED = 8  # calls that served the same thing
_LOOKED_BACK = 3  # assistant messages, for the last may be a prefill


@dataclass(slots=True, eq=False)
class Lineage:
    """A conversation: the calls that go on from one another, in order. A fork stays in its parent's lineage."""

    calls: list[Call] = field(default_factory=list)


class Threads:
    """Finds predecessors as calls come in order, and rebuilds the history of message threads."""

    def __init__(self) -> None:
        self._by_message: dict[str, Call] = {}
        self._by_trace: dict[tuple[str, object], list[Call]] = {}

    def owner(self, kind: str, value: object) -> Call | None:
        """The last call that served this `id` (of a tool call) or `signature`."""
        found = self._by_trace.get((kind, value))
        return found[-1] if found else None

    def owners(self, kind: str, value: object) -> list[Call]:
        """The last calls that served this, oldest first."""
        return self._by_trace.get((kind, value), [])

    def previous_of(self, body: Mapping[str, Any]) -> tuple[Call, Link] | None:
        """The call a request goes on from, and how that is known."""
        for name in ("thread", "diagnostics"):
            named = body.get(name)
            earlier = named.get("previous_message_id") if isinstance(named, dict) else None
            if isinstance(earlier, str) and earlier in self._by_message:
                return self._by_message[earlier], "exact"
        messages = body.get("messages")
        found = self._echoed(messages) if isinstance(messages, list) else None
        return None if found is None else (found, "echo")

    def thread_of(self, body: Mapping[str, Any]) -> Call | None:
        """The call whose history a message thread continues; None for a request that sends its own."""
        thread = body.get("thread")
        if not isinstance(thread, dict) or thread.get("type") != "continue":
            return None
        earlier = thread.get("previous_message_id")
        return self._by_message.get(earlier) if isinstance(earlier, str) else None

    def served(self, call: Call) -> None:
        """Remember what a call gave its client."""
        if call.served is None:
            return
        if call.served.id is not None:
            self._by_message[call.served.id] = call
        for trace in set(_traces(call.served.content)):
            known = self._by_trace.setdefault(trace, [])
            known.append(call)
            del known[:-_REMEMBERED]

    def _echoed(self, messages: list[Any]) -> Call | None:
        looked = 0
        for number in range(len(messages) - 1, -1, -1):
            if role_of(messages[number]) != "assistant":
                continue
            content = messages[number].get("content")
            for trace in _traces(content if isinstance(content, list) else [content]):
                known = self._by_trace.get(trace)
                if known:
                    return _nearest(known, messages, number)
            looked += 1
            if looked == _LOOKED_BACK:
                break
        return self._answered(messages)

    def _answered(self, messages: list[Any]) -> Call | None:
        """The call whose tool calls the last message answers, where the calls themselves are gone from the history."""
        content = messages[-1].get("content") if messages and isinstance(messages[-1], dict) else None
        for block in content if isinstance(content, list) else ():
            if kind_of(block) == "tool_result" and isinstance(block.get("tool_use_id"), str):
                owner = self.owner("id", block["tool_use_id"])
                if owner is not None:
                    return owner
        return None


def _nearest(known: list[Call], messages: list[Any], number: int) -> Call:
    """Of calls that served the same thing, the last whose history is as long as what stands before it here."""
    fitting = [call for call in known if len(call.messages) == number]
    begun = [call for call in fitting if call.messages and call.messages[0] == messages[0]]
    return (begun or fitting or known)[-1]


def _traces(content: object) -> Iterator[tuple[str, object]]:
    """What in an assistant's content tells that it was served, surest first."""
    blocks = content if isinstance(content, list | tuple) else []
    for block in blocks:
        if kind_of(block).endswith("tool_use") and isinstance(block.get("id"), str):
            yield "id", block["id"]
    for block in blocks:
        if kind_of(block) == "thinking" and isinstance(block.get("signature"), str) and block["signature"]:
            yield "signature", block["signature"]
        elif kind_of(block) == "redacted_thinking" and isinstance(block.get("data"), str):
            yield "signature", block["data"]
    for block in blocks:
        text = block if isinstance(block, str) else block.get("text") if kind_of(block) == "text" else None
        if isinstance(text, str) and len(text) >= _SHORTEST_TEXT:
            yield "text", text
    joined = "".join(str(block.get("text") or "") for block in blocks if kind_of(block) == "text")
    if len(blocks) > 1 and len(joined) >= _SHORTEST_TEXT:
        yield "text", joined
