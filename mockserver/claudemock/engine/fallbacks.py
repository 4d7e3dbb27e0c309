"""What a reply says in which another model took over: scripts tell it by a `fallback` block for each change.

From the SDK's types (2.12): a whole message is labelled with the model that served it, a stream only by its blocks;
each attempt has its iteration, the last one of the type `fallback_message`. Asking the other model is not emulated.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from claudemock.engine.cache import CacheUsage
from claudemock.engine.reply import Block, Reply
from claudemock.wire.errors import ApiError, invalid_request
from claudemock.wire.messages import MessagesRequest


def serving_model(blocks: Sequence[Block]) -> str | None:
    """The model that the last change led to; None where there was none."""
    return next((block["to"]["model"] for block in reversed(blocks) if block["type"] == "fallback"), None)


def undecided(request: MessagesRequest, reply: Reply) -> ApiError | None:
    """What is said where a scripted reply declines although the request names others to ask; None where it is told."""
    if reply.stop_reason != "refusal" or not request.fallbacks or serving_model(reply.content) is not None:
        return None
    return invalid_request(
        "claudemock: the scripted reply is a refusal, and `fallbacks` names who is asked next; script `content` with a "
        "`fallback` block and what that model says, or a refusal behind the block where it declines too"
    )


def with_fallbacks(iterations: Sequence[Mapping[str, Any]], blocks: Sequence[Block]) -> list[Mapping[str, Any]]:
    """`usage.iterations` with an entry for each model that declined, in front of the one that served.

    What an attempt that declined counts is not known: nothing here, as a refusal before any output is free.
    """
    model = serving_model(blocks)
    if model is None:
        return list(iterations)
    declined = {"input_tokens": 0, "output_tokens": 0, **CacheUsage(input=0).counters(), "type": "message"}
    changes = sum(block["type"] == "fallback" for block in blocks)
    return [*[declined] * changes, *iterations[:-1], {**iterations[-1], "type": "fallback_message", "model": model}]
