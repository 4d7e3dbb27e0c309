"""The request's parameters that are objects: thinking, output, container, context management, and the beta ones."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from claudemock.wire.base import ByType, Gated, Int, JsonObject, ModelId, OneOf, WireModel

Effort = Literal["low", "medium", "high", "xhigh", "max"]
Speed = Literal["standard", "fast"]
Display = Annotated[str | None, OneOf(("summarized", "omitted", "updates"), {"updates": "thinking.display.updates"})]


class BlockBinding(WireModel):
    """What happens to a thinking block that was made in another conversation (beta)."""

    prefix_mismatch_behavior: Literal["error", "drop_block"] | None = None


class ThinkingEnabled(WireModel):
    """Thinking within a budget."""

    type: Literal["enabled"]
    budget_tokens: Annotated[Int, Field(ge=1024)]
    display: Display = None
    block_binding: Annotated[BlockBinding | None, Gated("thinking.block_binding")] = None


class ThinkingAdaptive(WireModel):
    """Thinking as the model sees fit."""

    type: Literal["adaptive"]
    display: Display = None
    block_binding: Annotated[BlockBinding | None, Gated("thinking.block_binding")] = None


class ThinkingDisabled(WireModel):
    """No thinking."""

    type: Literal["disabled"]


class ThinkingBetweenTools(WireModel):
    """No thinking but short notes between tool calls."""

    type: Literal["between_tools"]


Thinking = Annotated[ThinkingEnabled | ThinkingAdaptive | ThinkingDisabled | ThinkingBetweenTools, ByType()]


class JsonFormat(WireModel):
    """The reply must be JSON of this schema (`schema` in JSON: `schema_` here)."""

    type: Literal["json_schema"]
    schema_: JsonObject = Field(alias="schema")


class TaskBudget(WireModel):
    """Tokens for a whole task (beta)."""

    type: Literal["tokens"]
    total: Annotated[Int, Field(ge=1024)]
    remaining: Annotated[Int, Field(ge=0)] | None = None


class OutputConfig(WireModel):
    """How much effort the model takes and in which form it answers."""

    effort: Effort | None = None
    format: JsonFormat | None = None
    task_budget: Annotated[TaskBudget | None, Gated("output_config.task_budget")] = None
    timing: Annotated[Any, Gated("output_config.timing")] = None  # Claude Code's own; its shape is not known


class MessageOutputConfig(WireModel):
    """What a system message in the conversation sets from there on (beta)."""

    effort: Effort | None = None


_EMAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


def _opaque(user_id: str) -> str:
    if _EMAIL_ADDRESS.fullmatch(user_id):
        raise PydanticCustomError("email_address", "user_id appears to contain an email address")
    return user_id


class Metadata(WireModel):
    """About the request. Several projects report that the API takes no email address for a user, in these words."""

    user_id: Annotated[str, AfterValidator(_opaque)] | None = None


class Skill(WireModel):
    """A skill to load into the container."""

    type: Literal["anthropic", "custom"]
    skill_id: Annotated[str, Field(min_length=1, max_length=64)]
    version: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class ContainerParams(WireModel):
    """A container to use again, and the skills in it. The API's error locations say `container.ContainerParams`."""

    id: str | None = None
    skills: list[Skill] | None = None


class Diagnostics(WireModel):
    """Ask why the prompt cache missed, compared with this earlier message."""

    previous_message_id: str | None = None


class InputTokens(WireModel):
    """So many input tokens."""

    type: Literal["input_tokens"]
    value: Annotated[Int, Field(ge=0)]


class ToolUses(WireModel):
    """So many tool uses."""

    type: Literal["tool_uses"]
    value: Annotated[Int, Field(ge=0)]


class ThinkingTurns(WireModel):
    """So many turns with thinking."""

    type: Literal["thinking_turns"]
    value: Annotated[Int, Field(ge=1)]


class AllThinkingTurns(WireModel):
    """All turns with thinking."""

    type: Literal["all"]


class CompactionTrigger(WireModel):
    """When to compact: at this many input tokens."""

    type: Literal["input_tokens"]
    value: Annotated[Int, Field(ge=50_000)]


class ClearToolUses(WireModel):
    """Drop old tool results from the context."""

    type: Literal["clear_tool_uses_20250919"]
    trigger: Annotated[InputTokens | ToolUses, ByType()] | None = None
    keep: Annotated[ToolUses, ByType()] | None = None
    clear_at_least: Annotated[InputTokens, ByType()] | None = None
    clear_tool_inputs: bool | list[str] | None = None
    exclude_tools: list[str] | None = None


class ClearThinking(WireModel):
    """Drop old thinking from the context."""

    type: Literal["clear_thinking_20251015"]
    keep: Literal["all"] | Annotated[ThinkingTurns | AllThinkingTurns, ByType()] | None = None


class Compact(WireModel):
    """Replace the context by a summary when it grows too long."""

    type: Literal["compact_20260112"]
    trigger: Annotated[CompactionTrigger, ByType()] | None = None
    pause_after_compaction: bool = False
    instructions: str | None = None


class ContextManagement(WireModel):
    """What the API does to the context of a long conversation (beta)."""

    edits: list[Annotated[ClearToolUses | ClearThinking | Compact, ByType()]] = Field(default_factory=list)


class Compaction(WireModel):
    """Answer with a summary of the conversation only (beta)."""

    type: Literal["summarize"]
    instructions: str | None = None


class McpToolConfiguration(WireModel):
    """Which tools of an MCP server may be used."""

    enabled: bool | None = None
    allowed_tools: list[str] | None = None


class McpServer(WireModel):
    """An MCP server the API connects to (beta)."""

    type: Literal["url"]
    url: str
    name: str
    authorization_token: str | None = None
    tool_configuration: McpToolConfiguration | None = None


class Fallback(WireModel):
    """A model to ask when the first one refuses, and what to ask it with (beta)."""

    model: ModelId
    max_tokens: Annotated[Int, Field(ge=1)] | None = None
    output_config: OutputConfig | None = None
    speed: Speed | None = None
    thinking: Thinking | None = None


class FallbackCreditToken(WireModel):
    """A refund for a refused request (beta)."""

    token: str
    mode: Literal["strict", "best_effort"] | None = None


class BillingPolicy(WireModel):
    """Who pays (beta)."""

    type: Literal["billing_policy"]
    bill_to: Literal["self", "user_profile"] = "self"


class ThreadCreate(WireModel):
    """Begin a conversation that the API keeps (beta)."""

    type: Literal["create"]


class ThreadContinue(WireModel):
    """Continue a conversation that the API keeps (beta)."""

    type: Literal["continue"]
    previous_message_id: str


Thread = Annotated[ThreadCreate | ThreadContinue, ByType()]
