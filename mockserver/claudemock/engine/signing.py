"""A reply's thinking, signed and displayed."""

from collections.abc import Sequence
from typing import Any

from claudemock.catalog import Model
from claudemock.engine.reply import Block
from claudemock.engine.signature import NONE_BEFORE, Facts, brief, digest, make
from claudemock.engine.signature_prefix import THINKING, PrefixReader
from claudemock.wire.messages import PromptRequest


def sign_thinking(content: Sequence[Block], request: PromptRequest, model: Model) -> list[Block]:
    """The blocks of a reply to `request`, with a signature on each thinking block that has none.

    The text of a block is blank where the model or the request omits it. A redacted block may hold the `thinking` that
    its data stands for. Blocks that a script signed itself are served as they are. Other blocks are the very objects
    given; where thinking is bound to the conversation, calls must have their ids.
    """
    unsigned = [block for block in content if block["type"] in THINKING and not _given(block)]
    if not unsigned:
        return list(content)
    signer = _Signer(request, model, len(unsigned))
    return [signer.served(number, block) for number, block in enumerate(content)]


def _given(block: Block) -> str | None:
    """The signature or the data that a script gives."""
    return block.get("signature") if block["type"] == "thinking" else block.get("data")


class _Signer:
    """Goes through one reply, and counts."""

    def __init__(self, request: PromptRequest, model: Model, of: int) -> None:
        self._model = model.id
        self._of = of
        self._position = 0
        display = getattr(request.thinking, "display", None) or model.thinking_display
        self._omitted = display == "omitted"
        self._previous = NONE_BEFORE
        self._reader = PrefixReader(request) if model.thinking_bound else None
        if self._reader is not None:
            for message in request.messages:
                for block in message.content:
                    self._reader.add(message.role, block, "")
                    if block.type in THINKING:
                        self._previous = brief(_sealed(block))

    def served(self, number: int, block: Block) -> Block:
        """The block as the client gets it."""
        if block["type"] not in THINKING:
            if self._reader is not None:
                self._reader.add("assistant", block, str(number))
            return block
        signature = _given(block) or self._sign(block)
        self._previous = brief(signature)
        if block["type"] == "redacted_thinking":
            return {"type": "redacted_thinking", "data": signature}
        text = block.get("thinking", "")
        shown = "" if self._omitted and not _given(block) else text
        return {"type": "thinking", "thinking": shown, "signature": signature}

    def _sign(self, block: Block) -> str:
        text = block.get("thinking", "")
        facts = Facts(
            model=self._model,
            position=self._position,
            of=self._of,
            text=digest(text),
            previous=self._previous if self._reader is not None else NONE_BEFORE,
            omitted=self._omitted,
            redacted=block["type"] == "redacted_thinking",
            prefix=self._reader.prefix() if self._reader is not None else None,
        )
        self._position += 1
        return make(facts, len(text))


def _sealed(block: Any) -> str:
    sealed: str = block.signature if block.type == "thinking" else block.data
    return sealed
