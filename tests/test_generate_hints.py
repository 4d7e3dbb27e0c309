"""What the SDKs write into descriptions for the model to follow is followed: `parse()` gets what it validates."""

import json
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from anthropic import Anthropic, transform_schema
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from claudemock.control.client import MockServer
from claudemock.engine.generate import generate
from claudemock.engine.schema.hints import with_hints
from tests.faults.raw import HELLO


class Address(BaseModel):
    """Constraints two levels down, one behind a description."""

    street: str = Field(min_length=40, description="The street. {Not a hint}")
    code: str = Field(pattern=r"^\d{5}, [a-z]: \w$")


class Person(BaseModel):
    """Every kind of constraint the SDK moves away."""

    name: Annotated[str, Field(min_length=2, max_length=3)]
    age: int = Field(gt=200, le=203)
    share: float = Field(ge=0.5, lt=0.6, multiple_of=0.05)
    address: Address | None
    tags: list[Annotated[str, Field(max_length=2)]] = Field(min_length=4, max_length=5)
    numbers: set[int] = Field(min_length=3)
    pick: Literal["a", "b"]
    price: Decimal = Field(ge=10)


@pytest.mark.parametrize("number", range(8))
def test_parse_gets_what_it_validates(server: MockServer, number: int) -> None:
    """Unscripted structured output satisfies the pydantic model it was asked for with, constraints included."""
    with Anthropic(base_url=server.base_url, api_key=server.api_key) as client:
        asked: Any = {**HELLO, "messages": [{"role": "user", "content": f"Person {number}"}]}
        message = client.messages.parse(**asked, output_format=Person)
    assert isinstance(message.parsed_output, Person)


@pytest.mark.parametrize(
    ("description", "added"),
    [
        ("{minimum: 0, maximum: 10}", {"minimum": 0, "maximum": 10}),
        ("Text.\n\n{multipleOf: 0.05}", {"multipleOf": 0.05}),
        ('{pattern: "^\\\\d+$"}', {"pattern": "^\\d+$"}),
        ("{pattern: ^a, b: c$, minLength: 3}", {"minLength": 3, "pattern": "^a"}),
        ("{uniqueItems: True, default: [1, 2], maxItems: 3}", {"uniqueItems": True, "maxItems": 3}),
        ("{minimum: None, minLength: true, maximum: x, pattern: [}", {"pattern": "["}),
        ("It is {minimum: 3}", {}),
        ("{minimum: 3} or so", {}),
        ("{}", {}),
        ("", {}),
    ],
)
def test_what_is_a_hint(description: str, added: dict[str, Any]) -> None:
    """Only what stands by itself at the end, in the words of JSON Schema, with values it may have."""
    schema = {"description": description}
    assert with_hints(schema) == {**added, **schema}


def test_what_is_there_stays() -> None:
    """A keyword wins over its hint; values that look like schemas are values; without hints nothing is copied."""
    narrow = {"type": "integer", "minimum": 5, "description": "{minimum: 1}"}
    assert with_hints(narrow) == narrow
    plain = {"enum": [{"description": "{minimum: 1}"}], "properties": {"a": {"items": [True]}}}
    assert with_hints(plain) is plain


def test_hints_that_cannot_be_followed_are_not(server: MockServer) -> None:
    """The schema alone decides whether there is a value."""
    schema = {"type": "integer", "description": "{minimum: 3, maximum: 2}"}
    config: Any = {"format": {"type": "json_schema", "schema": schema}}
    with Anthropic(base_url=server.base_url, api_key=server.api_key) as client:
        (block,) = client.messages.create(**HELLO, output_config=config).content
    assert block.type == "text"
    assert isinstance(json.loads(block.text), int)


BOUNDED = st.one_of(
    st.builds(
        lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more},
        st.integers(-1000, 1000),
        st.integers(0, 5),
    ),
    st.builds(
        lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more},
        st.integers(0, 30),
        st.integers(0, 9),
    ),
    st.builds(lambda count: {"type": "string", "pattern": f"^[a-c]{{{count}}}-\\d+$"}, st.integers(1, 9)),
)
NESTED = st.recursive(
    BOUNDED,
    lambda inner: st.one_of(
        st.builds(
            lambda item, low: {"type": "array", "items": item, "minItems": low, "maxItems": low + 1},
            inner,
            st.integers(0, 4),
        ),
        st.builds(
            lambda made: {
                "type": "object",
                "properties": made,
                "required": [*made],
                "additionalProperties": False,
            },
            st.dictionaries(st.sampled_from("abcd"), inner, min_size=1),
        ),
    ),
    max_leaves=6,
)


@settings(derandomize=True, max_examples=150)
@given(NESTED, st.binary(min_size=16, max_size=16))
def test_the_sdks_transformation_loses_nothing(schema: dict[str, Any], seed: bytes) -> None:
    """A value made for what the SDK sends satisfies what the user wrote."""
    value = generate(with_hints(transform_schema(schema)), seed)
    Draft202012Validator(schema).validate(value)
