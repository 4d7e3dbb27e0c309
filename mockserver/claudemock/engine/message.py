"""From a reply to the Message object the API would send: ids, key order, usage, stop reason.

Key orders are those recorded on the real API since April 2026.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from claudemock.catalog import Model
from claudemock.clock import rfc3339
from claudemock.engine.cache import CacheUsage, Plan
from claudemock.engine.checks.signatures import input_transformations
from claudemock.engine.compaction import Compacted, compaction_iteration, paused_usage
from claudemock.engine.ending import finish
from claudemock.engine.fallbacks import serving_model, with_fallbacks
from claudemock.engine.limits import Admitted
from claudemock.engine.reply import Block, Reply
from claudemock.engine.sampling import counters, iterations, samplings
from claudemock.engine.signing import sign_thinking
from claudemock.engine.thinking_budget import exhausted
from claudemock.ids import make_id
from claudemock.prompt.tokens import TokenEstimator
from claudemock.wire.messages import MessagesRequest
from claudemock.wire.tools import toolset_of

_COUNTERS = {"web_search": "web_search_requests", "web_fetch": "web_fetch_requests"}
_CALLS = frozenset({"server_tool_use", "mcp_tool_use"})
_THOUGHT = "Let me think about what is asked."
_CONTAINER_SECONDS = 30 * 86_400  # how long a container lives after its last use
_ITERATING_BETAS = frozenset({"context-management-2025-06-27", "compact-2026-01-12", "compact-2026-09-04"})


class Turn(NamedTuple):
    """Everything a Message is made from. `source` seeds every id in it; `input_tokens` is the whole prompt."""

    request: MessagesRequest
    reply: Reply
    model: Model
    model_name: str  # what the response's `model` says
    source: bytes
    now: float  # the scope's clock, seconds since the epoch
    input_tokens: int
    cited: bool  # citations are on: every text block of the reply has the key
    plan: Plan | None  # what the prompt cache does; None: nothing
    betas: frozenset[str]
    tokens: TokenEstimator
    admitted: Admitted | None = None  # None: nobody counts
    diagnostics: tuple[dict[str, Any] | None] | None = None  # what the request's own `diagnostics` is answered with
    whole: Mapping[str, Any] | None = None  # the request a thread's turn stands for
    applied_edits: Sequence[Mapping[str, Any]] = ()  # what context management cleared
    service_tier: str = "standard"
    compacted: Compacted | None = None  # the summary that comes first

    @property
    def first_usage(self) -> CacheUsage:
        """The input of the request itself; where the API's own tools ran, the model read more afterwards."""
        return self.plan.usage if self.plan is not None else CacheUsage(input=self.input_tokens)


def build_message(turn: Turn) -> dict[str, Any]:
    """The response body of a non-streaming request, in the API's key order."""
    reply, request = turn.reply, turn.request
    choice = {"type": request.tool_choice.type} if request.tool_choice is not None else None

    def count(blocks: Sequence[Block]) -> int:
        return turn.tokens.output(blocks, turn.model.tokenizer, choice)

    said = _thought(request, reply)
    spent = exhausted(said, reply.stop_reason, request, count)
    if spent is not None:
        content, stop_reason, stop_sequence = spent.content, "max_tokens", None
        output_tokens = spent.output_tokens
    elif reply.stop_reason is None:
        ending = finish(said, request.stop_sequences or (), request.max_tokens, count)
        content, stop_reason, stop_sequence = ending.content, ending.stop_reason, ending.stop_sequence
        output_tokens = ending.output_tokens
    else:
        content, stop_reason, stop_sequence = list(said), reply.stop_reason, reply.stop_sequence
        output_tokens = count(content)
        if stop_reason == "max_tokens":
            output_tokens = request.max_tokens
    if turn.compacted is not None and turn.compacted.paused:
        content, stop_reason, stop_sequence = [], "compaction", None
    blocks = _served(turn, content if turn.compacted is None else [turn.compacted.block, *content])
    message: dict[str, Any] = {
        "model": serving_model(blocks) or turn.model_name,
        "id": make_id("msg", turn.source),
        "type": "message",
        "role": "assistant",
        "content": blocks,
    }
    container = _container(turn, blocks)
    if container is not None:
        message["container"] = container
    message["stop_reason"] = stop_reason
    message["stop_sequence"] = stop_sequence
    message["stop_details"] = None if reply.stop_details is None else dict(reply.stop_details)
    message["usage"] = _usage(turn, content, stop_reason, output_tokens, all_thinking=spent is not None)
    if turn.betas & _ITERATING_BETAS:
        message["context_management"] = {"applied_edits": list(turn.applied_edits)}
    if turn.diagnostics is not None:
        message["diagnostics"] = turn.diagnostics[0]
    transformations = input_transformations(request, turn.model, turn.betas)
    if transformations is not None:
        message["input_transformations"] = transformations
    return message


def _thought(request: MessagesRequest, reply: Reply) -> Sequence[Block]:
    """With `thinking: enabled` a model thinks before it speaks, and the next turn is refused if it did not."""
    asked = request.thinking is not None and request.thinking.type == "enabled"
    if not asked or reply.verbatim or not reply.content or any("thinking" in block["type"] for block in reply.content):
        return reply.content
    return [{"type": "thinking", "thinking": _THOUGHT}, *reply.content]


def _served(turn: Turn, content: Sequence[Block]) -> list[Block]:
    """Scripted blocks completed as the API completes them: ids, callers, signatures, citations, key order."""
    blocks = [_complete(turn, index, block) for index, block in enumerate(content)]
    return sign_thinking(blocks, turn.request, turn.model)


def _complete(turn: Turn, index: int, block: Block) -> Block:
    match block["type"]:
        case "text" if turn.cited or block.get("citations"):
            return {"citations": block.get("citations"), "type": "text", "text": block["text"]}
        case "text":
            return {"type": "text", "text": block["text"]}
        case "tool_use":
            made = block.get("id") or make_id("toolu", turn.source + index.to_bytes(4, "big"))
            called = {"type": "tool_use", "id": made, "name": block["name"], "input": block.get("input", {})}
            family = block.get("toolset_name") or toolset_of(block["name"], turn.request.tools)
            toolset = {} if family is None else {"toolset_name": family}
            return called | {"caller": block.get("caller") or {"type": "direct"}} | toolset
        case "server_tool_use":
            made = block.get("id") or make_id("srvtoolu", turn.source + index.to_bytes(4, "big"))
            called = {"type": "server_tool_use", "id": made, "name": block["name"], "input": block.get("input", {})}
            return called | {"caller": block.get("caller") or {"type": "direct"}}
        case _:
            return block


def _container(turn: Turn, blocks: Sequence[Block]) -> dict[str, Any] | None:
    """`container` is in the reply when the request names one or code ran."""
    ran = any("code_execution" in block["type"] or "code_execution" in str(block.get("name")) for block in blocks)
    if turn.request.container is None and not ran:
        return None
    named = turn.request.container
    made = named if isinstance(named, str) else getattr(named, "id", None) or make_id("container", turn.source)
    return {"id": made, "expires_at": rfc3339(turn.now + _CONTAINER_SECONDS, places=6)}


def _usage(
    turn: Turn, content: Sequence[Block], stop_reason: str | None, output_tokens: int, *, all_thinking: bool
) -> dict[str, Any]:
    tokenizer, paused = turn.model.tokenizer, stop_reason == "pause_turn"
    first, plan, before = turn.first_usage, turn.plan, list[Mapping[str, Any]]()
    if turn.compacted is not None:
        before = [compaction_iteration(first, turn.tokens.output([turn.compacted.block], tokenizer, None))]
        if turn.compacted.paused:
            return _overridden(paused_usage(before), turn.reply.usage)
        first, plan = CacheUsage(input=turn.compacted.input_tokens), None
    times = samplings(content, first, plan, turn.tokens, tokenizer, paused=paused)
    usage = counters(times)
    if turn.betas & _ITERATING_BETAS or serving_model(content) is not None:
        made = iterations(times, output_tokens, turn.tokens, tokenizer)
        usage["iterations"] = [*before, *with_fallbacks(made, content)]
    usage["output_tokens"] = output_tokens
    thinking = [block for block in content if block["type"] in ("thinking", "redacted_thinking")]
    asked = turn.request.thinking is not None and turn.request.thinking.type != "disabled"
    if asked or thinking or turn.model.reports_thinking_tokens:
        counted = round(sum(turn.tokens.block(block, turn.model.tokenizer) for block in thinking))
        spent = output_tokens if all_thinking else counted
        usage["output_tokens_details"] = {"thinking_tokens": min(spent, output_tokens)}
    usage["service_tier"] = turn.service_tier
    usage["inference_geo"] = turn.request.inference_geo or turn.model.inference_geo
    ran = _server_tools(content, counted=turn.compacted is not None)
    if ran is not None:
        usage["server_tool_use"] = ran
    if turn.request.speed is not None:
        usage["speed"] = "standard" if turn.model.fast_mode == "ignored" else turn.request.speed
    return _overridden(usage, turn.reply.usage)


def _server_tools(blocks: Sequence[Block], *, counted: bool) -> dict[str, int] | None:
    """The counters, which are there whenever the server ran any tool (recorded: 224 of 225).

    Also where code that was waiting for a tool of the client's ended: then only its result is in the reply. `counted`:
    they are there in any case, as recorded behind a compaction.

    A search that failed does not count, a page that could not be fetched does (10 of 10 recordings with errors).
    """
    if not counted and not any(block["type"] in _CALLS or block["type"].endswith("_tool_result") for block in blocks):
        return None
    names = [block["name"] for block in blocks if block["type"] == "server_tool_use"]
    counts = {counter: names.count(name) for name, counter in _COUNTERS.items()}
    counts["web_search_requests"] -= sum(map(_is_failed_search, blocks))
    return counts


def _is_failed_search(block: Block) -> bool:
    return block["type"] == "web_search_tool_result" and isinstance(block.get("content"), Mapping)


def _overridden(usage: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in overrides.items():
        if isinstance(value, Mapping) and isinstance(usage.get(key), dict):
            usage[key] = {**usage[key], **value}
        else:
            usage[key] = value
    return usage
