"""Parameters that shape the prompt without being blocks of it, by the group they invalidate (docs: prompt caching).

| group | parameters |
|---|---|
| all | model; MCP servers; betas, if asked for |
| system and messages | citations on anywhere; `speed` (web tools: see `segments`) |
| messages | `tool_choice`, images anywhere, `thinking` and its budget, effort, output format |

Saying what is the default anyway is the same as saying nothing.
"""

from collections.abc import Mapping
from typing import Any

from claudemock.catalog import Model
from claudemock.prompt.breakpoints import kind_of
from claudemock.prompt.canonical import canonical, fold
from claudemock.prompt.segments import Walk, listed

_OLD_TOKENIZER = "claude-3"  # of models up to 4.6


def all_groups(body: Mapping[str, Any], model: Model, betas: frozenset[str]) -> bytes:
    """A digest of what invalidates every group."""
    servers = [
        {key: server[key] for key in server if key != "authorization_token"} if isinstance(server, dict) else server
        for server in listed(body.get("mcp_servers"))
    ]
    return fold(model.id, canonical(servers), sorted(betas))


def system_and_messages(body: Mapping[str, Any], seen: Walk) -> bytes:
    """A digest of what leaves the tools cached."""
    return fold(seen.has_citations, speed(body))


def messages_only(body: Mapping[str, Any], model: Model, seen: Walk) -> bytes:
    """A digest of what leaves tools and system cached."""
    return fold(seen.has_images, settings(body, model))


def speed(body: Mapping[str, Any]) -> str | None:
    """`fast`, or None for the standard speed."""
    wanted = body.get("speed")
    return wanted if isinstance(wanted, str) and wanted != "standard" else None


def settings(body: Mapping[str, Any], model: Model) -> list[Any]:
    """The request parameters that invalidate the messages, normalised."""
    config = body.get("output_config")
    config = config if isinstance(config, dict) else {}
    wanted = config.get("format") or body.get("output_format")
    return [_tool_choice(body), _thinking(body, model), config.get("effort") or model.effort_default, wanted]


def opening_tokens(body: Mapping[str, Any], model: Model, seen: Walk) -> int:
    """Tokens behind the last block, which open the reply and are never cached.

    Recorded as `input_tokens` of requests whose last block is marked, never 0: 3 up to 4.6 (225 of 255), 2 from 4.7 on
    (32 of 34); 7 more while thinking is `enabled` (40 of 40); behind a tool result 6 up to 4.5 (46 of 48), 1 on 4.6
    (52 of 52).
    """
    asked = body.get("thinking")
    thinking = 7 if isinstance(asked, dict) and asked.get("type") == "enabled" else 0
    if model.tokenizer != _OLD_TOKENIZER:
        return 2 + thinking
    if not seen.blocks or kind_of(seen.blocks[-1]) != "tool_result":
        return 3 + thinking
    return (1 if "adaptive" in model.thinking else 6) + thinking


def _tool_choice(body: Mapping[str, Any]) -> Any:
    choice = body.get("tool_choice")
    if not isinstance(choice, dict) or not (body.get("tools") or body.get("mcp_servers")):
        return None
    single = choice.get("disable_parallel_tool_use") is True
    kind = choice.get("type")
    return None if kind == "auto" and not single else [kind, choice.get("name"), single]


def _thinking(body: Mapping[str, Any], model: Model) -> list[Any]:
    asked = body.get("thinking")
    if isinstance(asked, dict):
        return [asked.get("type"), asked.get("budget_tokens")]
    return ["adaptive" if model.thinking_default == "on" else "disabled", None]
