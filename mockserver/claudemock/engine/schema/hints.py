"""Constraints that the official SDKs move from a schema into its descriptions, put back where they came from.

The API compiles no `minimum`, `pattern` and the like, so `messages.parse()` writes them behind the description for the
model to follow, after an empty line: `{minimum: 0, maximum: 120}` (Python SDK 2.12, `lib/_parse/_transform.py`, values
as Python prints them; the TypeScript SDK's are JSON). A model does follow; so do we. Pydantic's `Decimal` arrives as a
number or any text, which a model takes for a number.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_HINT = re.compile(r"(?:\A|\n\n)\{(\w+: [^\n]*)\}\Z")
_KEY = re.compile(r"(?:\A|, )([A-Za-z]\w*): ")
_NUMBERS = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "minItems", "maxItems"),
    }
)
_VALUES = frozenset({"const", "enum", "default", "examples", "example"})  # what is in them is no schema
_TEXTS = frozenset({"pattern", "format"})
_FLAGS: Mapping[str, bool] = {"True": True, "true": True, "False": False, "false": False}


def with_hints(schema: Any) -> Any:
    """The schema with all hints in it as keywords; the same object if there are none. A keyword that is there stays."""
    if isinstance(schema, dict):
        made = {key: value if key in _VALUES else with_hints(value) for key, value in schema.items()}
        if _is_decimal(made.get("anyOf")):
            made["anyOf"] = made["anyOf"][:1]
        changed = any(made[key] is not value for key, value in schema.items())
        hinted = _hinted(schema.get("description"))
        return {**hinted, **made} if hinted else made if changed else schema
    if isinstance(schema, list):
        items = [with_hints(value) for value in schema]
        return items if any(new is not old for new, old in zip(items, schema, strict=True)) else schema
    return schema


def _is_decimal(options: Any) -> bool:
    match options:
        case [{"type": "number"}, {"type": "string", **more}]:
            return more.keys() <= {"description"}
    return False


def _hinted(description: Any) -> dict[str, Any]:
    found = _HINT.search(description) if isinstance(description, str) and description.endswith("}") else None
    if found is None:
        return {}
    _, *parts = _KEY.split(found[1])
    given = {key: _value(key, text) for key, text in zip(parts[::2], parts[1::2], strict=True)}
    return {key: value for key, value in given.items() if value is not None}


def _value(key: str, text: str) -> Any:
    """What a keyword's text says; None: nothing that we can use."""
    if key == "uniqueItems":
        return _FLAGS.get(text)
    if key in _TEXTS and not text.startswith('"'):
        return text
    if key not in _NUMBERS | _TEXTS:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, str if key in _TEXTS else int | float) and not isinstance(value, bool) else None
