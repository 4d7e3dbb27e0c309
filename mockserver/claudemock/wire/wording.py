"""A validation failure in the API's own words: `<where>: <what>`, the first one only.

The API's texts are pydantic's; where they differ, a row of a table says so. The Messages endpoints speak in JSON's
terms since 2026 ("array", "object": measured on the live API by third parties, July to September 2026; "list" and
"dictionary" are what it said before), batches still in pydantic's (captured September 2026).
"""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from claudemock.wire.version import Rules

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "list_type": "Input should be a valid array",
        "dict_type": "Input should be an object",
        "model_attributes_type": "Input should be an object",
        "model_type": "Input does not match the expected shape.",
        "union_tag_not_found": "Field required",
    }
)
BATCHES: Mapping[str, str] = MappingProxyType(
    {"model_type": "Input should be a valid dictionary or object to extract fields from"}
)
_UNION_TAGS = frozenset({"union_tag_not_found", "union_tag_invalid"})


def wording(error: ValidationError, texts: Mapping[str, str], rules: Rules | None = None) -> str:
    """The API's message for `error`. `texts` replaces pydantic's by error type; `rules` are the request's."""
    first = _first(error.errors(include_url=False, include_input=False))
    context = first.get("ctx", {})
    where = first["loc"]
    if context.get("at_root"):
        where = where[:1]
    elif first["type"] == "union_tag_not_found":
        where = (*where, "type")
    elif "at" in context:
        where = (*where, context["at"])
    what = texts.get(first["type"], first["msg"])
    if first["type"] == "union_tag_invalid":
        what = _tags(what, context["expected_tags"], rules)
    return f"{'.'.join(map(str, where))}: {what}" if where else what


def _first(errors: list[ErrorDetails]) -> ErrorDetails:
    """Unknown fields of the body itself come last, also those that only a beta header would make known (measured)."""
    return next((each for each in errors if each["type"] != "extra_forbidden" or len(each["loc"]) > 1), errors[0])


def _tags(text: str, expected: str, rules: Rules | None) -> str:
    """Only types that the request may use are listed."""
    if rules is None:
        return text
    listed = [tag for tag in expected.split(", ") if rules.knows(tag.strip("'"))]
    return text.removesuffix(expected) + ", ".join(listed)
