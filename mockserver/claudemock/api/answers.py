"""Built messages as bytes. An answer that differs from the last one to the same request only in its id is made once."""

from typing import Any, NamedTuple

import orjson

from claudemock.engine.cache import CacheUsage
from claudemock.engine.message import Turn, build_message
from claudemock.engine.reply import Reply
from claudemock.engine.stream import Event, events
from claudemock.ids import digest, make_id
from claudemock.recent import Recent
from claudemock.wire.messages import MessagesRequest

_COUNT_THINKING = "thinking-token-count-2026-05-13"
_ROOM = 8_000_000
_OVERHEAD = 5_000  # bytes that an answer takes besides its own, measured


class Answer(NamedTuple):
    """One answer: the message, and its bytes around the message's id; of a stream, those of its first event."""

    request: MessagesRequest
    reply: Reply
    message: dict[str, Any]
    usage: bytes  # as JSON
    before: bytes
    after: bytes
    rest: list[Event]  # the events of a stream behind the first

    def body(self, message_id: str) -> bytes:
        """The JSON body."""
        return b"%b%b%b" % (self.before, message_id.encode(), self.after)

    def events(self, message_id: str) -> list[Event]:
        """The events of a stream."""
        return [Event(self.body(message_id)), *self.rest]


class Answers:
    """Makes answers, and knows those made lately: request and reply are the same objects then, the usage is equal."""

    def __init__(self, room: int = _ROOM) -> None:
        self._recent: Recent[tuple[int, int, CacheUsage | None], Answer] = Recent(room)

    def of(self, turn: Turn) -> tuple[Answer, str]:
        """The answer to a turn, and its message's id."""
        if not _plain(turn):
            answer = _make(turn, turn.source)
            return answer, answer.message["id"]
        key = (id(turn.request), id(turn.reply), turn.plan.usage if turn.plan else None)
        known = self._recent.get(key)
        if known is None or known.request is not turn.request or known.reply is not turn.reply:
            known = _make(turn, digest(*(block["text"].encode(errors="replace") for block in turn.reply.content)))
            size = sum(len(event.line) for event in known.rest) + 2 * len(known.after) + _OVERHEAD
            self._recent.put(key, known, size)
        return known, make_id("msg", turn.source)


def _plain(turn: Turn) -> bool:
    """Whether nothing but its id and its usage tells the answer from one to the same request at another time."""
    said = turn.reply.content
    free = turn.diagnostics is None and turn.whole is None and not turn.cited and turn.request.container is None
    free = free and turn.compacted is None
    return free and bool(said) and all(block["type"] == "text" and not block.get("citations") for block in said)


def _make(turn: Turn, seed: bytes) -> Answer:
    message = build_message(turn)
    usage, message_id = orjson.dumps(message["usage"]), message["id"].encode()
    if not turn.request.stream:
        before, _, after = orjson.dumps(message).partition(message_id)
        return Answer(turn.request, turn.reply, message, usage, before, after, [])
    first, *rest = events(
        {**message, "model": turn.model_name},  # who served in the end, only the blocks tell
        seed,
        chunk=turn.reply.chunk,
        count_thinking=_COUNT_THINKING in turn.betas,
        first={key: value for key, value in turn.first_usage.counters().items() if key not in turn.reply.usage},
    )
    before, _, after = first.line.partition(message_id)
    return Answer(turn.request, turn.reply, message, usage, before, after, rest)
