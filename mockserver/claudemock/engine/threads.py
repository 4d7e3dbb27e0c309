"""Message threads: conversations the server holds, so that a turn sends only what is new (beta, August 2026).

A `create` answers as always and can be continued once, under its message's id; so can each answer after it, as soon as
all of it is sent. A `continue` takes `system` and `tools` from the thread. What is refused, and the error codes, are in
API-FACTS §10.3; the sentences are the SDK's descriptions of those codes.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from claudemock.held import BoundedDict, Held
from claudemock.wire.errors import ApiError, invalid_request, not_found

_HELD = ("model", "system", "tools")
_UNSUPPORTED = ("context_management", "fallbacks")


class Thread(NamedTuple):
    """What is held under one message id.

    `messages` is None once it has been continued, `in_flight` is set while the answer that continues it is being sent.
    """

    workspace: str
    fields: Mapping[str, Any]
    messages: list[Any] | None
    in_flight: bool = False


class Threads:
    """The threads of one scope, the latest `most` answers of them."""

    def __init__(self, held: Held[Thread] | None = None, *, most: int = 10_000) -> None:
        self._held = BoundedDict[Thread](most) if held is None else held

    def expand(self, body: Mapping[str, Any], workspace: str) -> dict[str, Any]:
        """The whole request that a thread's turn stands for, without `thread`. Raises 400 and 404 with their codes."""
        _check_supported(body)
        whole = {key: value for key, value in body.items() if key != "thread"}
        if body["thread"]["type"] == "create":
            return whole
        held = self._held.get(body["thread"]["previous_message_id"])
        if held is None or held.workspace != workspace:
            raise not_found(
                "No usable Thread state was found for `previous_message_id`.", error_code="thread_not_found"
            )
        if held.messages is None:
            raise invalid_request(
                "The response that `previous_message_id` names has already been continued, and each response can be "
                "continued only once. Continue from the Thread's most recent response `id`.",
                error_code="thread_already_continued",
            )
        if held.in_flight:
            raise invalid_request(
                "Another request is still continuing from the same `previous_message_id`. Wait for it to complete and "
                'continue from its response `id`, or replay the full conversation with `thread: {"type": "create"}`.',
                error_code="thread_continue_in_flight",
            )
        differing = [key for key in _HELD if key in whole and whole[key] != held.fields.get(key)]
        if differing:
            raise invalid_request(
                "A field that must stay the same across a Thread's turns differs from the value stored with the "
                f"Thread: {', '.join(differing)}.",
                error_code="thread_fingerprint_mismatch",
            )
        return {**whole, **held.fields, "messages": [*held.messages, *whole["messages"]]}

    def continuing(self, body: Mapping[str, Any], *, now: bool) -> None:
        """An answer to the turn `body` is being sent from now on, or (False) it broke off, which uses nothing up."""
        previous = body["thread"].get("previous_message_id")
        held = None if previous is None else self._held.get(previous)
        if held is not None and held.messages is not None:
            self._held.put(previous, held._replace(in_flight=now))

    def keep(
        self, body: Mapping[str, Any], whole: Mapping[str, Any], workspace: str, message: Mapping[str, Any]
    ) -> None:
        """Hold the conversation up to the answer `message`; the answer it continued cannot be continued again."""
        previous = body["thread"].get("previous_message_id")
        continued = None if previous is None else self._held.get(previous)
        if continued is not None:
            self._held.put(previous, continued._replace(messages=None, in_flight=False))
        answered = {"role": "assistant", "content": message["content"]}
        fields = {key: whole[key] for key in _HELD if key in whole}
        self._held.put(message["id"], Thread(workspace, fields, [*whole["messages"], answered]))


def _check_supported(body: Mapping[str, Any]) -> None:
    found = [key for key in _UNSUPPORTED if body.get(key) is not None]
    if b'"cache_control":{' in orjson.dumps(body):
        found.append("cache_control")
    if (body.get("thinking") or {}).get("type", "disabled") != "disabled":
        found.append("thinking")
    if found:
        raise _unsupported(sorted(found))


def _unsupported(features: list[str]) -> ApiError:
    return invalid_request(
        f"Threads do not support: {', '.join(features)}. Send the full conversation without `thread`.",
        error_code="thread_unsupported_request",
        unsupported=features,
    )
