"""Responses of the Models endpoints. Fields stand in the order of the API's keys."""

from typing import Literal

from claudemock.wire.base import Int, JsonObject, LooseModel


class ModelInfo(LooseModel):
    """One model. The limits and `capabilities` are there since 2026, `lifecycle` and what follows since autumn 2026."""

    type: Literal["model"]
    id: str
    display_name: str
    created_at: str
    lifecycle: Literal["active", "deprecated", "retired"] | None = None
    deprecated_at: str | None = None
    retires_at: str | None = None
    line: Literal["haiku", "sonnet", "opus", "fable", "mythos"] | None = None
    max_input_tokens: Int | None = None
    max_tokens: Int | None = None
    capabilities: JsonObject | None = None


class ModelPage(LooseModel):
    """A page of models, newest first."""

    data: list[ModelInfo]
    has_more: bool
    first_id: str | None
    last_id: str | None
