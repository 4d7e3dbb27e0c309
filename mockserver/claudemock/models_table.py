"""The catalogue as `claudemock models` prints it: a table for people, or all of it as JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import zip_longest
from typing import Any

from claudemock.catalog import Catalog, Model, Price

_HEADINGS = ("model", "aliases", "lifecycle", "window/out", "$ in/out", "cache", "thinking")
_MARGIN = "  "
_MODES = ("adaptive", "enabled", "between_tools")


def render_models(catalog: Catalog, *, as_json: bool) -> str:
    """All models, newest first, without a final newline.

    The table is at most 120 columns wide: ids, aliases, lifecycle, context window and most output in tokens, today's
    price in dollars per million tokens, the fewest tokens that can be cached, and the ways of thinking. JSON has
    every column of every model, beta header and version, with its provenance.
    """
    if as_json:
        return json.dumps(_everything(catalog), indent=2, ensure_ascii=False, default=sorted)
    rows = [_HEADINGS, *(line for model in catalog.models for line in _lines(model))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    ruled = [_HEADINGS, tuple("-" * width for width in widths), *rows[1:]]
    table = "\n".join(_MARGIN.join(map(str.ljust, row, widths)).rstrip() for row in ruled)
    return f"{table}\n\nAs of {catalog.as_of}. Retired models answer 404 unless the server runs with --models known."


def _lines(model: Model) -> Iterator[Sequence[str]]:
    """One line, and more for further aliases, prices and ways of thinking."""
    cells = (
        (model.id,),
        model.aliases or ("",),
        (model.lifecycle,),
        (f"{_short(model.context_window)}/{_short(model.max_output)}",),
        _prices(model),
        (str(model.min_cache_tokens) if model.min_cache_tokens < model.context_window else "-",),
        _thinking(model),
    )
    yield from zip_longest(*cells, fillvalue="")


def _short(tokens: int) -> str:
    """1000000 as 1M, 128000 as 128k, 8192 as 8192."""
    if tokens % 1_000_000 == 0:
        return f"{tokens // 1_000_000}M"
    return f"{tokens // 1000}k" if tokens % 1000 == 0 else str(tokens)


def _prices(model: Model) -> Sequence[str]:
    standard = [row for row in model.prices if row.speed == "standard"]
    newest = max((row.since for row in standard), default="")
    return [_price(row) for row in standard if row.since == newest] or ["-"]


def _price(row: Price) -> str:
    pair = f"{row.input:g}/{row.output:g}"
    return pair if row.up_to_tokens is None else f"{pair} ≤{_short(row.up_to_tokens)}"


def _thinking(model: Model) -> Sequence[str]:
    modes = [mode for mode in _MODES if mode in model.thinking]
    if not modes:
        return ["-"]
    always = not model.thinking & {"disabled", "between_tools"}
    return [f"{modes[0]}, {'always ' if always else ''}{model.thinking_default}", *modes[1:]]


def _everything(catalog: Catalog) -> dict[str, Any]:
    return {
        "as_of": catalog.as_of,
        "price_factors": {name: asdict(factor) for name, factor in catalog.price_factors.items()},
        "models": [_columns(model) for model in catalog.models],
        "betas": [asdict(beta) for beta in catalog.betas.values()],
        "versions": [asdict(version) for version in catalog.versions.values()],
    }


def _columns(model: Model) -> dict[str, Any]:
    # asdict deep-copies, which a read-only mapping refuses.
    columns = {name: getattr(model, name) for name in Model.__dataclass_fields__}
    return columns | {"prices": [asdict(row) for row in model.prices], "provenance": dict(model.provenance)}
