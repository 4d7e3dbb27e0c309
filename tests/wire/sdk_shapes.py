"""JSON for whatever the types of the official SDK can spell: every field and every literal value once."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict

NAMED: dict[str, Any] = {  # fields whose values follow a rule that the SDK's types do not tell
    "id": "toolu_01",
    "tool_id": "srvtoolu_01",
    "tool_use_id": "toolu_01",
    "country": "NO",
    "budget_tokens": 1024,
    "total": 20_000,
    "value": 50_000,
    "inference_geo": "us",
    "input_schema": {"type": "object"},
    "trigger": {},
}
SERVER_TOOLS = ("Server", "Web", "Execution", "ToolSearch", "Advisor")  # in the names of types with their ids
PLAIN = {str: "x", int: 1, float: 0.5, bool: True, type(None): None, Any: {}, object: {}}


def bare(annotation: Any) -> Any:
    """The type within `Required[…]` and its like."""
    while get_origin(annotation) in (Required, NotRequired, Annotated):
        annotation = get_args(annotation)[0]
    return annotation


def members(annotation: Any) -> list[Any]:
    """The types of a union, or the one type, as far as they are JSON: no open files, and no models of answers."""
    annotation = bare(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return [member for each in get_args(annotation) for member in members(each)]
    is_json = is_typeddict(annotation) or is_list(annotation) or get_origin(annotation) in (dict, Literal)
    return [annotation] if is_json or annotation in PLAIN else []


def plain(kind: Any, name: str, owner: str) -> Any:
    """The value of a field that is no object and no list."""
    if kind is str and name in ("id", "tool_use_id") and any(word in owner for word in SERVER_TOOLS):
        return "srvtoolu_01"
    value = NAMED.get(name)
    return value if value is not None and (kind in (Any, object) or type(value) is kind) else PLAIN[kind]


def least(annotation: Any, name: str = "", owner: str = "") -> Any:
    """The smallest value of a type: required fields only, the first literal, one item."""
    kind = members(annotation)[0]
    if is_typeddict(kind):
        hints = get_type_hints(kind, include_extras=True)
        return {
            key: least(hint, key, kind.__name__)
            for key, hint in hints.items()
            if get_origin(hint) is Required or (key in kind.__required_keys__ and get_origin(hint) is not NotRequired)
        }
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if is_list(kind):
        return [least(get_args(kind)[0], name, owner)]
    if get_origin(kind) is None:
        return plain(kind, name, owner)
    return NAMED.get(name, {})


def is_list(kind: Any) -> bool:
    """Whether a type is a list, or an iterable that the SDK writes as one."""
    return getattr(get_origin(kind), "__name__", "") in ("list", "Iterable", "Sequence", "SequenceNotStr")


def spellings(annotation: Any, name: str = "", owner: str = "", known: set[str] | None = None) -> Iterator[Any]:
    """Values of a type that together have each field and each literal; a type met before comes in its least form."""
    seen: set[str] = set() if known is None else known
    for kind in members(annotation):
        if is_typeddict(kind):
            smallest = least(kind)
            yield smallest
            if kind.__name__ not in seen:
                seen.add(kind.__name__)
                for key, hint in get_type_hints(kind, include_extras=True).items():
                    for value in spellings(hint, key, kind.__name__, seen):
                        yield {**smallest, key: value}
        elif get_origin(kind) is Literal:
            yield from get_args(kind)
        elif is_list(kind):
            yield from ([value] for value in spellings(get_args(kind)[0], name, owner, seen))
        elif get_origin(kind) is dict and is_typeddict(members(get_args(kind)[1])[0]):
            yield from ({"x": value} for value in spellings(get_args(kind)[1], name, owner, seen))
        else:
            yield least(kind, name, owner)
