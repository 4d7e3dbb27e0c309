"""The shipped rows with a user's overrides merged in, column by column."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, TypeVar

from claudemock.catalog.columns import ColumnError, check_names, read_row, readers
from claudemock.catalog.model import Beta, Model, Version

Patches = dict[str, dict[str, Any]]
Row = Mapping[str, Any]
Named = TypeVar("Named", Beta, Version)

_OVERRIDDEN = "overridden in the settings"


def section(overrides: Mapping[str, Any], name: str) -> Patches:
    """One section of the overrides: for each entry's name, the columns that change. Raises `ColumnError`."""
    patches = overrides.get(name, {})
    if not isinstance(patches, Mapping):
        raise ColumnError(patches, "a mapping from names to what changes", name)
    for key, patch in patches.items():
        if not isinstance(patch, Mapping):
            raise ColumnError(patch, "a mapping from columns to values", name, key)
    return {str(key): dict(patch) for key, patch in patches.items()}


def merged_models(data: Row, patches: Patches) -> Iterator[Model]:
    """All models, the added ones last. Raises `ValueError`."""
    read = readers(Model)
    del read["id"], read["provenance"]
    rows = {row["id"]: row for row in data["models"]}
    ids = {name: row["id"] for row in data["models"] for name in (row["id"], *row["aliases"])}
    changes: Patches = {}
    for name, patch in patches.items():
        if name not in ids:
            rows[name] = _copied(name, patch, rows, ids)
        check_names(patch, read, f"models.{name}")
        changes.setdefault(ids.get(name, name), {}).update(patch)
    for row_id, row in rows.items():
        change = changes.get(row_id, {})
        cells = {**row, **change}
        del cells["id"], cells["provenance"]
        sources = {column: data["sources"][key] for key, columns in row["provenance"].items() for column in columns}
        sources.update(dict.fromkeys(change, _OVERRIDDEN))
        yield Model(id=row_id, provenance=MappingProxyType(sources), **read_row(cells, read, "models", row_id))


def _copied(name: str, patch: dict[str, Any], rows: Mapping[str, Row], ids: Mapping[str, str]) -> Row:
    like = patch.pop("like", None)
    if like not in ids:
        close = get_close_matches(name if like is None else str(like), ids, n=1)
        example = close[0] if close else next(iter(rows))
        problem = "there is no such model" if like is None else f"there is no model {like!r} to copy"
        raise ValueError(f'models.{name}: {problem}; to add one, name a known model it copies: "like": "{example}"')
    return {**rows[ids[like]], "id": name, "display_name": name, "aliases": []}


def merged(kind: type[Named], data: Row, name: str, patches: Patches) -> Mapping[str, Named]:
    """The entries of one section by name; a new name makes a new entry. Raises `ValueError`."""
    read = readers(kind)
    del read["name"]
    rows = {key: {**row, "provenance": data["sources"][row["provenance"]]} for key, row in data[name].items()}
    for key, patch in patches.items():
        check_names(patch, read, f"{name}.{key}")
        rows[key] = {**rows.get(key, {}), "provenance": _OVERRIDDEN, **patch}
    return MappingProxyType({key: kind(name=key, **read_row(row, read, name, key)) for key, row in rows.items()})


def by_name(models: Iterable[Model]) -> Mapping[str, Model]:
    """Every id and alias. Raises `ValueError` where one name means two models."""
    found: dict[str, Model] = {}
    for model in models:
        for name in (model.id, *model.aliases):
            if name in found:
                raise ValueError(f"models.{model.id}.aliases: {name!r} already names {found[name].id}; choose another")
            found[name] = model
    return MappingProxyType(found)
