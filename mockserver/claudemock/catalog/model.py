"""The catalogue's entries: a model with its prices, a beta header, an API version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Lifecycle = Literal["active", "deprecated", "retired"]
ThinkingMode = Literal["adaptive", "enabled", "disabled", "between_tools"]
Effort = Literal["low", "medium", "high", "xhigh", "max"]
Names = Literal["current", "known", "any"]  # which model names are served


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per million tokens, in force from `since` (a date), for prompts up to `up_to_tokens` (None: any)."""

    since: str
    input: float
    output: float
    write_5m: float
    write_1h: float
    read: float
    up_to_tokens: int | None = None
    speed: Literal["standard", "fast"] = "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFactor:
    """A price beside those of tokens.

    `batch` and `inference_geo_us` (inference kept in the United States) are factors on every token price,
    `web_search_thousand` are the dollars for a thousand web searches.
    """

    value: float
    provenance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model and all that the server's behaviour takes from it. Token counts are tokens, dates RFC 3339."""

    id: str
    display_name: str
    created_at: str
    line: str | None = None  # haiku, sonnet, opus, fable, mythos
    lifecycle: Lifecycle
    deprecated_at: str | None = None
    retires_at: str | None = None  # set only once a retirement is scheduled
    retires_not_before: str | None = None  # what is promised before that; not on the wire
    limited_access: bool = False  # only for verified organisations; the mock's is one
    aliases: tuple[str, ...] = ()
    context_window: int = 200_000
    max_input_tokens: int = 200_000  # what GET /v1/models says; for Sonnet 4 and 4.5 still the former 1M window
    max_output: int = 4096
    max_output_extended: int | None = None  # with the output-300k beta, batches only
    window_overflow: Literal["stop", "error"] = "stop"  # input + max_tokens over the window: served, or refused
    min_cache_tokens: int = 1024
    tokenizer: str = "claude-3"  # a key of fixtures/tokens.json
    tool_prompt_tokens: int | None = None  # what any tool adds to the prompt, tool_choice auto or none
    forced_tool_prompt_tokens: int | None = None  # the same for tool_choice any or tool
    image_max_edge: int = 1568  # pixels; larger images are scaled down first
    image_max_tokens: int = 1568  # visual tokens (patches of 28 x 28 pixels) of the largest image after scaling
    prices: tuple[Price, ...] = ()
    thinking: frozenset[ThinkingMode] = frozenset({"disabled"})  # accepted types; `disabled` alone: cannot think
    thinking_default: Literal["off", "on"] = "off"  # what an omitted `thinking` means
    thinking_display: Literal["summarized", "omitted"] = "summarized"
    thinking_kept: Literal["all", "last_turn"] = "last_turn"  # which turns' thinking stays in the prompt
    thinking_bound: bool = False  # blocks are bound to model and conversation prefix
    interleaved_thinking: Literal["automatic", "beta", "none"] = "none"  # beta: budget_tokens may exceed max_tokens
    disabled_effort_max: Effort | None = None  # most effort with `disabled` or `between_tools`; None: any
    effort: tuple[Effort, ...] = ()  # accepted levels; empty: the parameter is refused
    effort_default: Effort | None = None
    prefill: bool = True
    forced_tool_choice: bool = True
    refused_tools: tuple[str, ...] = ()  # tool types this model does not take
    sampling: Literal["any", "one_of", "deprecated"] = "any"  # one_of: not both; deprecated: default values only
    system_messages: bool = False  # role `system` inside `messages`
    structured_outputs: bool = False
    citations: bool = True
    image_input: bool = True
    pdf_input: bool = True
    batch: bool = True
    context_management: tuple[str, ...] = ()  # accepted edit types
    programmatic_tool_calling: bool = False  # tools called from code; GET /v1/models names it `code_execution`
    code_execution: bool = False  # the code execution tool
    web_search: bool = False
    fast_mode: Literal["refused", "ignored", "beta", "ga"] = "refused"  # ignored: runs, and costs, as standard
    inference_geo: str = "not_available"  # what usage.inference_geo says; not_available: the parameter is refused
    reports_thinking_tokens: bool = False  # usage.output_tokens_details without thinking being on
    provenance: Mapping[str, str] = field(default_factory=dict, hash=False)  # column: confidence mark and source

    def price(self, prompt_tokens: int, *, on: str | None = None, speed: str = "standard") -> Price | None:
        """The price of a whole request with `prompt_tokens` of input (cached ones included); None if none is known.

        `on` is a date or RFC 3339 instant (default: the newest prices). A model without fast prices bills the
        standard ones.
        """
        rows = [row for row in self.prices if row.speed == speed] or self.prices
        begun = [row for row in rows if on is None or row.since <= on] or rows[:1]
        latest = max((row.since for row in begun), default=None)
        now = (row for row in begun if row.since == latest)
        return next((row for row in now if row.up_to_tokens is None or prompt_tokens <= row.up_to_tokens), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beta:
    """One accepted `anthropic-beta` value.

    A request that uses one of its `fields` (request fields, and block or tool types) must send a header that opens it.
    """

    name: str
    effect: str = ""
    fields: tuple[str, ...] = ()
    provenance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One `anthropic-version`: what it no longer takes, and whether stream events are named."""

    name: str
    removed_fields: tuple[str, ...] = ()
    removed_placements: tuple[str, ...] = ()  # messages.ROLE.content.BLOCK, or a field of such a block
    named_events: bool = True
    provenance: str
