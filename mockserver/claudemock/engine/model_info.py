"""Models as `GET /v1/models` shows them: keys in the order the API sends them (recorded August 2026)."""

from collections.abc import Collection
from typing import Any

from claudemock.catalog import Catalog, Model
from claudemock.wire.errors import invalid_request

_STAGES = ("active", "deprecated", "retired")
_LISTED = ("active", "deprecated")  # what a request without `lifecycle` gets
_EDITS = ("clear_tool_uses_20250919", "clear_thinking_20251015", "compact_20260112")
_LEVELS = ("low", "medium", "high", "xhigh", "max")
_TYPES = ("enabled", "adaptive", "disabled", "between_tools")
_LARGEST_PAGE = 1000


def model_object(model: Model) -> dict[str, Any]:
    """One model. Places of the keys added since August 2026 (lifecycle to line, server_tools) are not proven."""
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.display_name,
        "created_at": model.created_at,
        "lifecycle": model.lifecycle,
        "deprecated_at": model.deprecated_at,
        "retires_at": model.retires_at,
        "line": model.line,
        "max_input_tokens": model.max_input_tokens,
        "max_tokens": model.max_output,
        "capabilities": _capabilities(model),
    }


def models_page(
    catalog: Catalog,
    *,
    limit: int,
    after_id: str | None,
    before_id: str | None,
    lifecycle: Collection[str] | None,
) -> dict[str, Any]:
    """A page of models, newest first: up to `limit` right after `after_id` or right before `before_id`.

    `lifecycle` keeps only models in these stages; None or empty keeps active and deprecated ones. `has_more` looks in
    the direction asked for. Raises 400 for a limit outside 1…1000, an unknown stage, and a cursor that is no model
    (in the words of the compliance API's error page; the Models API's own are not known).
    """
    _check_limit(limit)
    _check_stages(lifecycle or ())
    stages = lifecycle or _LISTED
    models = [model for model in catalog.models if model.lifecycle in stages]
    if before_id is not None:
        models = models[: _position(catalog, models, "before_id", before_id)[0]]
        page, has_more = models[-limit:], len(models) > limit
    else:
        if after_id is not None:
            models = models[_position(catalog, models, "after_id", after_id)[1] :]
        page, has_more = models[:limit], len(models) > limit
    return {
        "data": [model_object(model) for model in page],
        "has_more": has_more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _check_limit(limit: int) -> None:
    if limit < 1:
        raise invalid_request("limit: Input should be greater than or equal to 1")
    if limit > _LARGEST_PAGE:
        raise invalid_request(f"limit: Input should be less than or equal to {_LARGEST_PAGE}")


def _check_stages(lifecycle: Collection[str]) -> None:
    if len(lifecycle) > len(_STAGES):
        raise invalid_request(
            f"lifecycle: List should have at most {len(_STAGES)} items after validation, not {len(lifecycle)}"
        )
    for index, stage in enumerate(lifecycle):
        if stage not in _STAGES:
            raise invalid_request(f"lifecycle.{index}: Input should be 'active', 'deprecated' or 'retired'")


def _position(catalog: Catalog, models: list[Model], parameter: str, cursor: str) -> tuple[int, int]:
    """Where in `models` the cursor's model begins and ends; it may itself be filtered out, and is then empty."""
    at = catalog.by_name.get(cursor)
    if at is None:
        raise invalid_request(f"Invalid pagination cursor for '{parameter}'")
    newer = {model.id for model in catalog.models[: catalog.models.index(at)]}
    begin = sum(model.id in newer for model in models)
    return begin, begin + (at in models)


def _capabilities(model: Model) -> dict[str, Any]:
    return {
        "batch": _support(model.batch),
        "citations": _support(model.citations),
        "code_execution": _support(model.programmatic_tool_calling),
        "context_management": _support(
            bool(model.context_management), **{edit: _support(edit in model.context_management) for edit in _EDITS}
        ),
        "effort": _support(bool(model.effort), **{level: _support(level in model.effort) for level in _LEVELS}),
        "image_input": _support(model.image_input),
        "pdf_input": _support(model.pdf_input),
        "server_tools": _support(
            model.web_search or model.code_execution,
            web_search=_support(model.web_search),
            code_execution=_support(model.code_execution),
        ),
        "structured_outputs": _support(model.structured_outputs),
        "thinking": _support(
            bool(model.thinking - {"disabled"}),
            types={kind: _support(kind in model.thinking) for kind in _TYPES},
        ),
    }


def _support(supported: bool, **parts: Any) -> dict[str, Any]:
    return {"supported": supported, **parts}
