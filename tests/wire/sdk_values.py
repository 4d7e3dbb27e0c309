"""Bodies that the official SDK's types let a program send: every field, every literal, every union member."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict

from claudemock.wire.version import FIELDS, TYPES

ALL_BETAS = frozenset(beta for gate in (*FIELDS.values(), *TYPES.values()) for beta in gate.betas)
AS_HEADERS = {"betas", "user_profile_id", "workspace_id"}
TEXTS = {
    "country": "DE",
    "id": "srvtoolu_01",
    "inference_geo": "us",
    "tool_id": "srvtoolu_01",
    "tool_use_id": "srvtoolu_01",
}
"""Examples of the strings that have a form."""
NUMBERS = {"budget_tokens": 1024, "total": 20_000, "value": 50_000}
"""Examples of the numbers that have a least value."""
OBJECTS = {"input_schema": {"type": "object"}}
NOT_EMPTY = {"state_changes"}  # documented with at least one item
NOT_NULL = {"InputSchemaTyped"}  # the SDK's type lets fields of a schema be null, the API does not (quoted)


def bare(annotation: Any) -> Any:
    """An annotation without what only says how its field is treated."""
    while get_origin(annotation) in (Required, NotRequired, Annotated):
        annotation = get_args(annotation)[0]
    return annotation


def examples(annotation: Any, name: str) -> Iterator[Any]:
    """Values of a field's type that together show all it can be."""
    kind = bare(annotation)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        for member in inner:
            yield from examples(member, name)
    elif origin is Literal:
        yield from inner
    elif is_typeddict(kind):
        yield from objects(kind)
    elif origin is not None and issubclass(origin, Mapping):
        value = bare(inner[1])
        entries = [{"key": each} for each in objects(value)] if is_typeddict(value) else [OBJECTS.get(name, {})]
        yield from entries
    elif origin is not None and issubclass(origin, Iterable):
        yield from ([each] for each in examples(inner[0], name))
        if name not in NOT_EMPTY:
            yield []
    elif kind in (type(None), None):
        yield None
    elif kind is bool:
        yield from (True, False)
    elif kind is int:
        yield NUMBERS.get(name, 1)
    elif kind is str:
        yield TEXTS.get(name, "x")
    elif kind in (object, Any):
        yield OBJECTS.get(name, {})
    # The rest are the SDK's response models and files, which it turns into the same JSON before it sends them.


@cache
def objects(kind: Any) -> tuple[dict[str, Any], ...]:
    """The smallest object of a TypedDict, then one for every value of every field."""
    hints = {name: hint for name, hint in get_type_hints(kind, include_extras=True).items() if name not in AS_HEADERS}
    needed = {name: hint for name, hint in hints.items() if get_origin(hint) is Required}
    least = {key(name, hint): next(examples(hint, name)) for name, hint in needed.items()}
    whole = [{**least, key(name, hint): value} for name, hint in hints.items() for value in examples(hint, name)]
    if kind.__name__ in NOT_NULL:
        whole = [each for each in whole if None not in each.values()]
    return (least, *whole)


def key(name: str, hint: Any) -> str:
    """The name of a field in JSON."""
    while get_origin(hint) in (Required, NotRequired):
        hint = get_args(hint)[0]
    notes = hint.__metadata__ if get_origin(hint) is Annotated else ()
    return next((note.alias for note in notes if getattr(note, "alias", None)), name)
