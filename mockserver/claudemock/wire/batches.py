"""Message Batches: the envelope that creates one, and the batch object."""

from typing import Annotated, Literal

from pydantic import Field

from claudemock.wire.base import Int, JsonObject, LooseModel, WireModel


class BatchRequest(WireModel):
    """One request of a batch. `params` are validated when the batch runs, not when it is created (captured)."""

    custom_id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    params: JsonObject


class BatchCreateRequest(WireModel):
    """The body of `POST /v1/messages/batches`."""

    requests: Annotated[list[BatchRequest], Field(min_length=1, max_length=100_000)]


class RequestCounts(LooseModel):
    """How many requests are where; all are `processing` until the batch has ended."""

    processing: Int
    succeeded: Int
    errored: Int
    canceled: Int
    expired: Int


class MessageBatch(LooseModel):
    """A batch. Times are RFC 3339 with microseconds and `+00:00` (recorded)."""

    id: str
    type: Literal["message_batch"]
    processing_status: Literal["in_progress", "canceling", "ended"]
    request_counts: RequestCounts
    ended_at: str | None
    created_at: str
    expires_at: str
    archived_at: str | None = None
    cancel_initiated_at: str | None
    results_url: str | None
