"""The body of `POST /v1/messages`.

The order of the fields is the order in which the API reports errors, measured on the live API in August 2026 by a
third party, pair by pair: model, tool_choice, tools, messages, system, thinking, output_config, cache_control,
max_tokens, metadata, stop_sequences, temperature, service_tier, top_k, top_p, stream, container, inference_geo, and
unknown fields last. So is what may be `null`: metadata, stop_sequences, cache_control, container and inference_geo;
elsewhere `null` is a wrong type. Fields that need a beta header stand at the end, where an unknown field would be
reported.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from claudemock.wire.base import Gated, Int, ModelId, Omissible, WireModel, Within
from claudemock.wire.content import Content, TextContent
from claudemock.wire.media import CacheControlField
from claudemock.wire.params import (
    BillingPolicy,
    Compaction,
    ContainerParams,
    ContextManagement,
    Diagnostics,
    Fallback,
    FallbackCreditToken,
    JsonFormat,
    McpServer,
    MessageOutputConfig,
    Metadata,
    OutputConfig,
    Speed,
    Thinking,
    Thread,
)
from claudemock.wire.tools import Tool, ToolChoice
from claudemock.wire.version import Rules

INFERENCE_GEOS = ("global", "us")
MOST_MESSAGES = 100_000
_TOOL_ROLE = (
    " For instructions on how to use tools, see https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."
)


def _role(value: Any) -> Any:
    if not isinstance(value, str) or value in ("user", "assistant", "system"):
        return value
    text = f'Unexpected role "{value}". Allowed roles are "user" or "assistant"'
    if value == "tool":
        text += f".{_TOOL_ROLE}"
    raise PydanticCustomError("unexpected_role", "{text}", {"text": text, "at_root": True})


def _inference_geo(value: str) -> str:
    if value not in INFERENCE_GEOS:
        raise PydanticCustomError("inference_geo", "must be one of ['global', 'us']")
    return value


def _not_negative(value: int) -> int:
    if value < 0:
        raise PydanticCustomError("not_negative", "must be greater than or equal to 0")
    return value


def _with_content(value: Any, info: ValidationInfo) -> Any:
    """A system message that sets something may leave out its content (SDK 2.12, `beta_system_message_param`)."""
    rules: Rules | None = info.context
    if type(value) is not list or not (rules is None or rules.has("messages.output_config")):
        return value
    return [{"content": [], **message} if _is_of_system(message) else message for message in value]


def _is_of_system(message: Any) -> bool:
    return type(message) is dict and message.get("role") == "system"


Share = Annotated[float, Within(0, 1)]


class InputMessage(WireModel):
    """One turn. `clear_at` and `output_config` belong to system turns (beta); with them a turn may have no content."""

    role: Annotated[Literal["user", "assistant", "system"], BeforeValidator(_role)]
    content: Content
    clear_at: Annotated[Literal["next_user_message", "never"] | None, Gated("messages.clear_at")] = None
    output_config: Annotated[MessageOutputConfig | None, Gated("messages.output_config")] = None


class PromptRequest(WireModel):
    """What makes the prompt: the fields that counting tokens and creating a message have in common."""

    model: ModelId
    tool_choice: Omissible[ToolChoice] = None
    tools: list[Tool] = Field(default_factory=list)
    messages: Annotated[list[InputMessage], Field(max_length=MOST_MESSAGES), BeforeValidator(_with_content)]
    system: TextContent = Field(default_factory=list)
    thinking: Omissible[Thinking] = None
    output_config: Omissible[OutputConfig] = None
    cache_control: CacheControlField = None


class MessagesRequest(PromptRequest):
    """A request for a message, validated. Lists are empty and objects None where the body leaves them out."""

    max_tokens: Annotated[Int, AfterValidator(_not_negative)]
    metadata: Metadata | None = None
    stop_sequences: list[str] | None = None
    temperature: Annotated[Omissible[Share], Gated("temperature")] = None
    service_tier: Literal["auto", "standard_only"] = "auto"
    top_k: Annotated[Omissible[Annotated[Int, Field(ge=-1)]], Gated("top_k")] = None
    top_p: Annotated[Omissible[Share], Gated("top_p")] = None
    stream: bool = False
    container: ContainerParams | str | None = None
    inference_geo: Annotated[str, AfterValidator(_inference_geo)] | None = None
    speed: Speed | None = None
    diagnostics: Diagnostics | None = None
    billing_policy: Annotated[BillingPolicy | None, Gated("billing_policy")] = None
    compaction: Annotated[Compaction | None, Gated("compaction")] = None
    context_management: Annotated[ContextManagement | None, Gated("context_management")] = None
    fallback_credit_token: Annotated[FallbackCreditToken | str | None, Gated("fallback_credit_token")] = None
    fallbacks: Annotated[list[Fallback] | Literal["default"] | None, Gated("fallbacks")] = None
    mcp_servers: Annotated[list[McpServer], Field(max_length=20), Gated("mcp_servers")] = Field(default_factory=list)
    output_format: Annotated[JsonFormat | None, Gated("output_format")] = None
    thread: Annotated[Thread | None, Gated("thread")] = None
    context_hint: Annotated[Any, Gated("context_hint")] = (
        None  # these two are Claude Code's own; their shape is not known
    )
    safeguards: Annotated[Any, Gated("safeguards")] = None
