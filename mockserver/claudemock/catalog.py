"""What the API's models, versions and beta headers are, as data: `fixtures/catalog/*.json`.

Nothing about a model is decided in code. Each entry carries its provenance: a confidence mark and a source, per
column where they differ.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Literal

from claudemock.fixtures import fixture

Lifecycle = Literal["active", "deprecated", "retired"]
ThinkingMode = Literal["adaptive", "enabled", "disabled", "between_tools"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model and all that the server's behaviour takes from it. Token counts are tokens, dates RFC 3339."""

    id: str
    display_name: str
    created_at: str
    lifecycle: Lifecycle
    aliases: tuple[str, ...] = ()
    line: str | None = None  # haiku, sonnet, opus, fable, mythos
    deprecated_at: str | None = None
    retires_at: str | None = None
    context_window: int = 200_000
    max_output: int = 4096
    max_output_extended: int | None = None  # with the output-300k beta, batches only
    min_cache_tokens: int = 1024
    tokenizer: str = "claude-3"  # a key of fixtures/tokens.json
    prices: tuple[Price, ...] = ()
    thinking: frozenset[str] = frozenset()  # accepted `thinking.type` values; empty: the model cannot think
    thinking_default: Literal["off", "on"] = "off"  # what an omitted `thinking` means
    thinking_display: Literal["summarized", "omitted"] = "summarized"
    thinking_kept: Literal["all", "last_turn"] = "last_turn"  # which turns' thinking stays in the prompt
    thinking_bound: bool = False  # blocks are bound to model and conversation prefix
    disabled_effort_max: str | None = None  # highest effort at which `disabled` is accepted; None: any
    effort: tuple[str, ...] = ()  # accepted levels; empty: the parameter is refused
    effort_default: str | None = None
    prefill: bool = True
    forced_tool_choice: bool = True
    sampling: Literal["any", "one_of", "deprecated"] = "any"  # one_of: temperature or top_p, not both
    system_messages: bool = False  # role `system` inside `messages`
    structured_outputs: bool = False
    citations: bool = True
    image_input: bool = True
    pdf_input: bool = True
    code_execution: bool = False
    web_search: bool = False
    fast: bool = False
    window_overflow: Literal["stop", "error"] = "stop"  # input + max_tokens over the window: served, or refused
    inference_geo: str = "not_available"  # what usage.inference_geo says
    reports_thinking_tokens: bool = False  # usage.output_tokens_details without thinking being on
    provenance: Mapping[str, str] = MappingProxyType({})  # column (or "*") → confidence mark and source
