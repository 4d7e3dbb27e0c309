"""One POST /v1/messages: what was asked, what was served, and which earlier call it goes on from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from claudemock.catalog import Catalog, Model
from claudemock.prompt.chain import Prompt
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.transcript.history import Turn, turns
from claudemock_contracts.transcript.served import Refused, Served

Link = Literal["exact", "echo"]


class Reading(Protocol):
    """What reads the prompts of calls."""

    @property
    def catalog(self) -> Catalog:
        """The models."""

    def model(self, name: str) -> Model:
        """The catalogue's entry for a model; for an unknown name, one like it."""

    def of(self, call: "Call") -> Prompt:
        """The call's canonical prompt."""

    def key(self, call: "Call") -> bytes:
        """The key of its whole prompt."""


@dataclass(slots=True, eq=False, kw_only=True)
class Call:
    """One request to /v1/messages.

    `messages` is the whole history: where a message thread sent only what is new, the rest is put before it, and
    `offset` counts what was. `previous` is the call whose answer this one goes on from; `fresh` is the first message
    that is not in that call's history as it is here, so nothing before it needs to be judged again. The first `alike`
    messages are written as they were there, cache markers and all.
    """

    exchange: Exchange
    number: int
    body: Mapping[str, Any]
    messages: Sequence[Any]
    served: Served | None
    refused: Refused | None
    offset: int = 0
    previous: "Call | None" = None
    link: Link | None = None
    fresh: int = 0
    alike: int = 0
    root: "Call" = field(init=False, repr=False)
    prompts: Reading = field(repr=False)
    turn_cache: list[Turn] | None = field(default=None, repr=False)
    prompt_cache: Prompt | None = field(default=None, repr=False)
    key_cache: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.root = self

    @property
    def id(self) -> str:
        """The exchange's id."""
        return self.exchange.id

    @property
    def model_name(self) -> str:
        """The model asked for, as written."""
        name = self.body.get("model")
        return name if isinstance(name, str) else ""

    @property
    def model(self) -> Model:
        """What the catalogue knows of the model; for a name it does not know, of one like it (see `model_known`)."""
        return self.prompts.model(self.model_name)

    @property
    def model_known(self) -> bool:
        """Whether the catalogue knows the model."""
        return self.model_name in self.prompts.catalog.by_name

    @property
    def ok(self) -> bool:
        """Whether a whole message came back."""
        return self.served is not None and self.served.complete and not self.exchange.failed

    @property
    def failed(self) -> bool:
        """Whether the client got an error, or a stream or body that ended before the message did."""
        if self.served is not None and self.served.streamed:
            return not self.served.complete
        return self.exchange.failed or self.served is None

    @property
    def prompt(self) -> Prompt:
        """The canonical prompt: blocks, breakpoints, tokens, keys. Made when first asked for."""
        return self.prompts.of(self)

    @property
    def key(self) -> bytes:
        """Equal for two requests exactly if the model reads the same prompt (`max_tokens` and the like aside)."""
        return self.prompts.key(self)

    @property
    def turns(self) -> list[Turn]:
        """The turns with fresh messages, after the two turns before them. A first call's are all its turns."""
        if self.turn_cache is None:
            self.turn_cache = turns(self.messages, self.fresh)
        return self.turn_cache

    @property
    def fresh_turns(self) -> list[Turn]:
        """The turns with fresh messages."""
        return [turn for turn in self.turns if turn.last >= self.fresh]

    def header(self, name: str) -> str | None:
        """A request header, by its name in lower case."""
        return self.exchange.headers.get(name)

    def where(self, message: int, index: int | None = None, field_name: str = "") -> str:
        """A place in the request, in the API's notation: `messages.2.content.0.tool_use_id`."""
        number = message - self.offset
        start = f"messages.{number}" if number >= 0 else f"thread.messages.{message}"
        place = f"{start}.content" if index is None else f"{start}.content.{index}"
        return f"{place}.{field_name}" if field_name else place
