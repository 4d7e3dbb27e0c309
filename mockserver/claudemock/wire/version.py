"""What an API version and the `anthropic-beta` header open, as two literal tables: fields and types.

A field, a block type or a value that has a row here exists only where the row says so. Sources: the SDK's types
(2.12: what is in the GA parameters needs no header), the documentation's beta names, recorded and quoted refusals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

STRICT_BLOCKS = frozenset({"2026-10-21"})
"""Versions in which assistants send no documents and users no citations."""

_2026_10_21 = frozenset({"2026-10-21"})

_ADVISOR = "advisor-tool-2026-03-01"
_INLINE_TOOLS = "inline-tools-2026-09-15"
_COMPACT = ("compact-2026-01-12", "compact-2026-09-04")
_FALLBACK = ("server-side-fallback-2026-06-01", "server-side-fallback-2026-07-01")
_MCP_TOOLSET = ("mcp-client-2025-11-20", "mcp-client-2026-09-15")
_MCP = ("mcp-client-2025-04-04", "mcp-servers-2025-12-04", *_MCP_TOOLSET)


@dataclass(frozen=True, slots=True)
class Gate:
    """Opened by any one of `betas` (none: by none needed), and never open in a version of `gone_in`.

    `refusal` is the API's own sentence where it is known to differ from that for an unknown field or type.
    """

    betas: frozenset[str] = frozenset()
    gone_in: frozenset[str] = frozenset()
    refusal: str | None = None


def _by(*betas: str, refusal: str | None = None) -> Gate:
    return Gate(frozenset(betas), refusal=refusal)


def _tool_change(block: str) -> Gate:
    # Quoted with a request id (October 2026): the API knows the type without the header and says what it wants.
    refusal = f"`{block}` blocks require anthropic-beta: {_INLINE_TOOLS}"
    return _by("mid-conversation-tool-changes-2026-07-01", _INLINE_TOOLS, refusal=refusal)


FIELDS: Mapping[str, Gate] = MappingProxyType(
    {
        "temperature": Gate(gone_in=_2026_10_21),
        "top_k": Gate(gone_in=_2026_10_21),
        "top_p": Gate(gone_in=_2026_10_21),
        "billing_policy": _by("user-profiles-billing-2026-10-01"),
        "compaction": _by("compact-2026-09-04"),
        "context_management": _by("context-management-2025-06-27", *_COMPACT),
        "fallback_credit_token": _by("fallback-credit-2026-06-01", "fallback-credit-2026-07-01"),
        "fallbacks": _by(*_FALLBACK),
        "mcp_servers": _by(*_MCP),
        "output_format": _by(
            "structured-outputs-2025-09-17", "structured-outputs-2025-11-13", "structured-outputs-2025-12-15"
        ),
        "thread": _by("message-threads-2026-08-12"),
        "context_hint": _by("context-hint-2026-04-09"),
        "safeguards": _by("dangerous-tool-use-2026-09-03"),
        "cache_control.evict_on_complete": _by("prompt-caching-evict-2026-05-12"),
        "cache_control.scope": _by("prompt-caching-scope-2026-01-05"),
        "mcp_toolset.tools": _by("mcp-client-2026-09-15"),
        "messages.clear_at": _by("mid-conversation-system-clear-at-2026-08-21"),
        "messages.output_config": _by(
            "mid-conversation-output-config-2026-07-01",
            "per-turn-control-2026-07-01",
            "mid-conversation-effort-2026-08-01",
        ),
        "output_config.timing": _by("timing-2026-09-09"),
        "output_config.task_budget": _by("task-budgets-2026-03-13"),
        "server_tool_use.name.advisor": _by(_ADVISOR),
        "thinking.block_binding": _by("thinking-binding-controls-2026-08-01"),
        "thinking.display.updates": _by("thinking-display-updates-2026-08-18"),
    }
)
"""Fields by where they stand; a row that ends in a value (`…display.updates`) opens only that value."""

TYPES: Mapping[str, Gate] = MappingProxyType(
    {
        "advisor_20260301": _by(_ADVISOR),
        "bash_20241022": _by("computer-use-2024-10-22"),
        "computer_20241022": _by("computer-use-2024-10-22"),
        "computer_20250124": _by("computer-use-2025-01-24"),
        "computer_20251124": _by("computer-use-2025-11-24"),
        "mcp_toolset": _by(*_MCP_TOOLSET),
        "text_editor_20241022": _by("computer-use-2024-10-22"),
        "advisor_tool_result": _by(_ADVISOR),
        "compaction": _by(*_COMPACT),
        "fallback": _by(*_FALLBACK),
        "mcp_tool_listing": _by("mcp-client-2026-09-15"),
        "mcp_tool_result": _by(*_MCP),
        "mcp_tool_use": _by(*_MCP),
        "tool_addition": _tool_change("tool_addition"),
        "tool_removal": _tool_change("tool_removal"),
        "tool_definition": _by(_INLINE_TOOLS),
    }
)
"""Values of `type`: tools first, then content blocks and what is in them."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one request may use: its API version and the values of its `anthropic-beta` header."""

    version: str
    betas: frozenset[str]

    def has(self, key: str) -> bool:
        """Whether the field of this row of `FIELDS` exists for the request."""
        return self._open(FIELDS[key])

    def knows(self, tag: str) -> bool:
        """Whether the request may use an object of this type."""
        gate = TYPES.get(tag)
        return gate is None or self._open(gate)

    def _open(self, gate: Gate) -> bool:
        return self.version not in gate.gone_in and (not gate.betas or not gate.betas.isdisjoint(self.betas))
