"""What every model of the wire is made of: the base class, and the annotations that carry the API's own rules.

The API validates types strictly: `"5"` is no integer and `null` is no omission unless the field says so (measured on
the live API by third parties, August 2026).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from claudemock.wire.version import TYPES, Rules


class WireModel(BaseModel):
    """A JSON object of the API: unknown fields are refused, values keep their JSON types, instances do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class LooseModel(WireModel):
    """An object that the API itself wrote once and may have extended since: unknown fields are kept."""

    model_config = ConfigDict(extra="allow")


def _whole(value: Any) -> Any:
    return int(value) if type(value) is float and value.is_integer() else value


Int = Annotated[int, BeforeValidator(_whole)]
"""A JSON number without a fraction; `5.0` is one."""

JsonObject = dict[str, Any]
ModelId = Annotated[str, Field(min_length=1, max_length=256)]
ToolUseId = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$")]
ServerToolUseId = Annotated[str, Field(pattern=r"^srvtoolu_[a-zA-Z0-9_]+$")]


def lift_text(value: Any) -> Any:
    """`"x"` is short for one text block, and `""` for none; everything else stays as it is."""
    if isinstance(value, str):
        return [{"type": "text", "text": value}] if value else []
    return value


@dataclass(frozen=True, slots=True)
class _NotNull:
    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        return schema["schema"] if schema["type"] == "nullable" else schema


T = TypeVar("T")
Omissible = Annotated[T | None, _NotNull()]
"""A field that may be left out (None here) but may not be `null` in the JSON."""


@dataclass(frozen=True, slots=True)
class ByType:
    """Annotates a union whose member is named by `type`, one member included.

    `default` is the tag of an object without a type. The API lists the tags it expects in alphabetical order, except
    those of `tool_choice` (`in_order`); a tag that needs a beta header is neither listed nor accepted without it.
    """

    default: str | None = None
    in_order: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A tagged union, and in front of it the check of gated tags where there are any."""
        members = get_args(source) if get_origin(source) in (Union, UnionType) else (source,)
        choices = {tag: handler.generate_schema(member) for member in members for tag in tags(member)}
        if not self.in_order:
            choices = dict(sorted(choices.items()))
        union = core_schema.tagged_union_schema(choices, "type", from_attributes=True)
        if self.default is None and TYPES.keys().isdisjoint(choices):
            return union
        admission = _Admission(self.default, ", ".join(f"'{tag}'" for tag in choices))
        return core_schema.with_info_before_validator_function(admission, union)


def tags(member: Any) -> tuple[str, ...]:
    """The values of `type` that name a member of a union; for a union, those of all its members."""
    if get_origin(member) in (Union, UnionType, Annotated):
        nested = get_args(member)[:1] if get_origin(member) is Annotated else get_args(member)
        return tuple(tag for each in nested for tag in tags(each))
    return tuple(tag for tag in get_args(member.model_fields["type"].annotation) if isinstance(tag, str))


@dataclass(frozen=True, slots=True)
class _Admission:
    default: str | None
    expected: str

    def __call__(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        if type(value) is not dict:
            return value
        tag = value.get("type")
        if tag is None:
            return value if self.default is None else {**value, "type": self.default}
        rules: Rules | None = info.context
        if rules is None or not isinstance(tag, str) or rules.knows(tag):
            return value
        refusal = TYPES[tag].refusal
        if refusal is not None:
            raise PydanticCustomError("closed_tag", "{text}", {"text": refusal})
        found = {"discriminator": "'type'", "tag": tag, "expected_tags": self.expected}
        raise PydanticKnownError("union_tag_invalid", found)


@dataclass(frozen=True, slots=True)
class Gated:
    """Annotates a field that exists only under some API versions or beta headers (`key`: its row in `version.FIELDS`).

    Where it does not exist it is refused as any unknown field is.
    """

    key: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The field's own schema behind its gate."""
        return core_schema.with_info_before_validator_function(self._admit, handler(source))

    def _admit(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        if info.context is not None and not info.context.has(self.key):
            raise PydanticKnownError("extra_forbidden")
        return value


@dataclass(frozen=True, slots=True)
class OneOf:
    """Annotates a string with values of which some need a beta header (`gated`: value → row in `version.FIELDS`).

    The API joins the values of such a field with commas only (`Input should be 'summarized', 'omitted'`, recorded in
    public issues), while plain enumerations end in "or". `null` is accepted where the annotated type has it.
    """

    values: tuple[str, ...]
    gated: Mapping[str, str]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A check against the values that the request may use."""
        check = core_schema.with_info_plain_validator_function(self._check)
        return core_schema.nullable_schema(check) if type(None) in get_args(source) else check

    def _check(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        rules: Rules | None = info.context
        allowed = [
            each for each in self.values if each not in self.gated or rules is None or rules.has(self.gated[each])
        ]
        if value in allowed:
            return value
        raise PydanticCustomError("one_of", "Input should be {values}", {"values": _quoted(allowed)})


def _quoted(values: list[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


@dataclass(frozen=True, slots=True)
class Within:
    """Annotates a number between `low` and `high`, refused in the API's own words: `range: 0..1` (recorded).

    -1 stands for "not set" and is accepted (recorded with 200, 2025).
    """

    low: int
    high: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The number's schema, then its range."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: float) -> float:
        if value != -1 and not self.low <= value <= self.high:
            raise PydanticCustomError("range", "range: {low}..{high}", {"low": self.low, "high": self.high})
        return value
