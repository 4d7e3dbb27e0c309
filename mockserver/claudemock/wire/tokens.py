"""The body of `POST /v1/messages/count_tokens`."""

from typing import Annotated

from pydantic import Field

from claudemock.wire.base import Gated
from claudemock.wire.messages import PromptRequest
from claudemock.wire.params import BillingPolicy, Compaction, ContextManagement, JsonFormat, McpServer, Speed


class CountTokensRequest(PromptRequest):
    """A request to count the prompt's tokens: what shapes the answer only is an unknown field here (probed live)."""

    speed: Speed | None = None
    billing_policy: Annotated[BillingPolicy | None, Gated("billing_policy")] = None
    compaction: Annotated[Compaction | None, Gated("compaction")] = None
    context_management: Annotated[ContextManagement | None, Gated("context_management")] = None
    mcp_servers: Annotated[list[McpServer], Field(max_length=20), Gated("mcp_servers")] = Field(default_factory=list)
    output_format: Annotated[JsonFormat | None, Gated("output_format")] = None
