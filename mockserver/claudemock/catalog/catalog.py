"""The catalogue: models by name, beta headers, API versions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self, get_args

from claudemock.catalog.columns import check_names
from claudemock.catalog.merge import by_name, merged, merged_models, section
from claudemock.catalog.model import Beta, Effort, Model, Names, PriceFactor, ThinkingMode, Version
from claudemock.fixtures import fixture


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All models (newest first), beta headers and versions, as of a date. Immutable; `load` builds it."""

    as_of: str
    models: tuple[Model, ...]
    betas: Mapping[str, Beta]
    versions: Mapping[str, Version]
    price_factors: Mapping[str, PriceFactor]
    by_name: Mapping[str, Model] = field(repr=False)  # id or alias

    @classmethod
    def load(cls, overrides: Mapping[str, Any] | None = None) -> Self:
        """The shipped catalogue with a user's overrides merged in, column by column.

        `overrides`: `{"models": {id or alias: {column: value}}, "betas": {name: {…}}, "versions": {name: {…}}}`. A new
        model names one to copy (`{"like": "claude-opus-5-5", …}`); new betas and versions need nothing. Raises
        `ValueError` saying where, what and how to put it right.
        """
        asked = overrides or {}
        check_names(asked, ("models", "betas", "versions"), "catalog")
        folder = fixture("catalog")
        data, betas, versions = (
            json.loads(folder.joinpath(f"{name}.json").read_bytes()) for name in ("models", "betas", "versions")
        )
        models = sorted(merged_models(data, section(asked, "models")), key=lambda model: model.created_at, reverse=True)
        return cls(
            as_of=data["as_of"],
            models=tuple(models),
            betas=merged(Beta, betas, "betas", section(asked, "betas")),
            versions=merged(Version, versions, "versions", section(asked, "versions")),
            price_factors=MappingProxyType({name: PriceFactor(**row) for name, row in data["price_factors"].items()}),
            by_name=by_name(models),
        )

    def resolve(self, name: str, mode: Names) -> Model | None:
        """The model behind an id or alias, or None where the API would answer 404.

        `current` knows no retired models, `known` has the whole catalogue, `any` makes up a lenient stand-in for a
        name it does not know.
        """
        found = self.by_name.get(name)
        if found is None:
            return self._stand_in(name) if mode == "any" else None
        return None if mode == "current" and found.lifecycle == "retired" else found

    def response_model(self, name: str) -> str:
        """What the `model` of a reply says: the dated id where `name` is an alias, else `name` itself."""
        found = self.by_name.get(name)
        return name if found is None else found.id

    def _stand_in(self, name: str) -> Model:
        """The nearest model (same line, longest common beginning, then newest), with every door open."""
        lowered = name.lower().replace(".", "-")
        line = next((model.line for model in self.models if model.line and model.line in lowered), "sonnet")
        family = [model for model in self.models if model.line == line] or self.models
        nearest = max(family, key=lambda model: _common(model.id, lowered))
        window = max(model.context_window for model in self.models)
        return replace(
            nearest,
            id=name,
            display_name=name,
            aliases=(),
            lifecycle="active",
            deprecated_at=None,
            retires_at=None,
            retires_not_before=None,
            context_window=window,
            max_input_tokens=window,
            max_output=max(model.max_output for model in self.models),
            window_overflow="stop",
            thinking=frozenset(get_args(ThinkingMode)),
            thinking_bound=False,
            disabled_effort_max=None,
            effort=get_args(Effort),
            effort_default=nearest.effort_default or "high",
            prefill=True,
            forced_tool_choice=True,
            refused_tools=(),
            sampling="any",
            system_messages=True,
            structured_outputs=True,
            citations=True,
            image_input=True,
            pdf_input=True,
            context_management=next(model.context_management for model in self.models),
            code_execution=True,
            web_search=True,
            fast_mode="ga",
            inference_geo="global",
            provenance=MappingProxyType({"*": f"a stand-in like {nearest.id}"}),
        )


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    shorter = min(len(one), len(other))
    return next((index for index in range(shorter) if one[index] != other[index]), shorter)
