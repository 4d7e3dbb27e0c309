"""Options of a `oneOf` that a value for one of them often satisfies too: what has to be added to keep them apart."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

_MOST = 8  # options, and hints: keeping more apart takes too long


def parted_options(options: Sequence[Any], follow: Callable[[str], Any]) -> list[Any]:
    """Each option with properties that break the others: `{"a": 1, "b": not text}` is not the option where b is text.

    `follow` resolves a `$ref`. Empty where the options are no objects with properties of their own, or too many.
    """
    if len(options) > _MOST:
        return []
    objects = [_followed(option, follow) for option in options]
    made: list[Any] = []
    for at, option in enumerate(options):
        hints = [_broken(other, objects[at]) for other in objects[:at] + objects[at + 1 :]]
        made += [{"allOf": [option, *chosen]} for chosen, _ in zip(product(*hints), range(_MOST), strict=False)]
    return made


def _followed(option: Any, follow: Callable[[str], Any]) -> Mapping[str, Any]:
    if isinstance(option, Mapping) and "$ref" in option:
        option = follow(option["$ref"])
    return option if isinstance(option, Mapping) else {}


def _broken(other: Mapping[str, Any], chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Schemas of objects that are not `other`, by one property each; those that `chosen` lacks come first."""
    own = chosen.get("properties", {})
    properties = other.get("properties", {})
    names = sorted((name for name, part in properties.items() if own.get(name) != part), key=lambda name: name in own)
    return [{"required": [name], "properties": {name: {"not": properties[name]}}} for name in names]
