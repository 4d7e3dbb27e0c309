"""What the checks look at: the request, what it is judged by, and its blocks sorted once for all of them."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeVar

from claudemock.catalog import Model
from claudemock.engine.attached import NO_FILES, Attached
from claudemock.wire.base import WireModel
from claudemock.wire.content import BrowserStateBlock, ContentBlock, ToolReferenceBlock, ToolResultContent
from claudemock.wire.media import CacheControl
from claudemock.wire.messages import MessagesRequest
from claudemock.wire.tokens import CountTokensRequest

Endpoint = Literal["messages", "count_tokens", "batch"]
Request = MessagesRequest | CountTokensRequest
Block = ContentBlock | ToolReferenceBlock | BrowserStateBlock
_UNMARKABLE = frozenset({"thinking", "redacted_thinking"})  # looking in vain for `cache_control` is slow
Kind = TypeVar("Kind", bound=WireModel)


class CheckContext(NamedTuple):
    """What a request is judged by: the model it names, its API version and betas, and where it was sent.

    `batch` is one item of a batch, which the API judges only when it comes to it. `files` are the uploaded files it
    uses, by id; those it names beside them are unseen and taken as they are. `own_signatures`: thinking that somebody
    else signed is refused.
    """

    model: Model
    version: str
    betas: frozenset[str] = frozenset()
    endpoint: Endpoint = "messages"
    files: Mapping[str, Attached] = NO_FILES
    own_signatures: bool = False


class Placed(NamedTuple):
    """A content block and where the client sent it; `inner` is its position inside a tool result."""

    block: Block
    message: int
    position: int
    inner: int | None = None

    @property
    def path(self) -> str:
        """Its place among the blocks: `messages.0.content.1`, in a tool result `messages.0.content.1.content.0`."""
        outer = f"messages.{self.message}.content.{self.position}"
        return outer if self.inner is None else f"{outer}.content.{self.inner}"

    @property
    def location(self) -> str:
        """Where its fields are: in a tool result `messages.0.content.1.tool_result.content.0`, else like `path`."""
        outer = f"messages.{self.message}.content.{self.position}"
        return outer if self.inner is None else f"{outer}.tool_result.content.{self.inner}"


def only(placed: Iterable[Placed], kind: type[Kind]) -> Iterator[tuple[Placed, Kind]]:
    """Those blocks that are of one class, with their places."""
    for each in placed:
        # Blocks are never of a subclass, and asking a pydantic class for its instances costs ten times as much.
        if type(each.block) is kind:
            yield each, each.block


class Turn(NamedTuple):
    """Consecutive messages of one role, which the API reads as one; `message` is the number of the first."""

    role: str
    message: int
    blocks: list[Placed]

    @property
    def last_type(self) -> str | None:
        """The type of its last block."""
        return self.blocks[-1].block.type if self.blocks else None


class Subject(NamedTuple):
    """One request under check.

    `turns` are those of user and assistant: messages of role `system` stand between them, not in them, and their
    numbers are in `system_messages`. `blocks` are all blocks by type, in the order sent, those inside tool results
    included; `marked` are those with `cache_control`, and that, in the order in which they end. The first `passed`
    messages were in a request that was accepted, and so were the first `whole` turns; with `same_tools` all tools too.
    """

    request: Request
    context: CheckContext
    turns: list[Turn]
    system_messages: list[int]
    blocks: dict[str, list[Placed]]
    marked: list[tuple[Placed, CacheControl]]
    passed: int = 0
    whole: int = 0
    same_tools: bool = False

    def new(self, kind: str) -> Sequence[Placed]:
        """The blocks of a type that no accepted request had: enough for what is asked of each block by itself."""
        found = self.blocks.get(kind, [])
        return found[bisect_left(found, self.passed, key=_message) :] if self.passed else found

    @property
    def model(self) -> Model:
        """The model the request is judged by."""
        return self.context.model


class Checked(NamedTuple):
    """An accepted request: the first `messages` of this one are those of that one, and not its last."""

    subject: Subject
    messages: int


def survey(request: Request, context: CheckContext, earlier: Checked | None = None) -> Subject:
    """Read the messages once; those of an `earlier` request not even that."""
    subject = Subject(request, context, [], [], {}, []) if earlier is None else _kept(request, context, earlier)
    turns, system_messages, blocks, marked = subject.turns, subject.system_messages, subject.blocks, subject.marked
    start = 0 if earlier is None else earlier.messages
    for number, message in enumerate(request.messages[start:], start):
        if message.role == "system":
            system_messages.append(number)
            turn = Turn("system", number, [])
        elif turns and turns[-1].role == message.role:
            turn = turns[-1]
        else:
            turn = Turn(message.role, number, [])
            turns.append(turn)
        for position, block in enumerate(message.content):
            kind = block.type
            placed = Placed(block, number, position)
            turn.blocks.append(placed)
            if kind in blocks:
                blocks[kind].append(placed)
            else:
                blocks[kind] = [placed]
            if block.type == "tool_result" and block.content:
                _look_inside(placed, block.content, blocks, marked)
            control = None if kind in _UNMARKABLE else getattr(block, "cache_control", None)
            if control is not None:
                marked.append((placed, control))
    return subject


def _kept(request: Request, context: CheckContext, earlier: Checked) -> Subject:
    """What an earlier survey found in the messages that are still there."""
    former, upto = earlier
    count = bisect_left(former.turns, upto, key=lambda turn: turn.message)
    turns = list(former.turns[:count])
    whole = count
    if turns:
        last = turns[-1]
        said = last.blocks[: bisect_left(last.blocks, upto, key=_message)]
        turns[-1] = Turn(last.role, last.message, said)
        whole -= 1
    blocks = {}
    for kind, found in former.blocks.items():
        known = found[: bisect_left(found, upto, key=_message)]
        if known:
            blocks[kind] = known
    return Subject(
        request,
        context,
        turns,
        former.system_messages[: bisect_left(former.system_messages, upto)],
        blocks,
        former.marked[: bisect_left(former.marked, upto, key=lambda mark: mark[0].message)],
        upto,
        whole,
        request.tools is former.request.tools,
    )


def _message(placed: Placed) -> int:
    return placed.message


def _look_inside(
    outer: Placed,
    parts: Sequence[ToolResultContent],
    blocks: dict[str, list[Placed]],
    marked: list[tuple[Placed, CacheControl]],
) -> None:
    for inner, part in enumerate(parts):
        placed = Placed(part, outer.message, outer.position, inner)
        blocks.setdefault(part.type, []).append(placed)
        if part.cache_control is not None:
            marked.append((placed, part.cache_control))
