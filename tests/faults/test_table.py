"""The names and parameters users rely on, and the page that explains them."""

import inspect

import pytest

from claudemock.faults import base, table
from claudemock.faults.spec import Arming
from tests.meta.sources import ROOT

PAGE = ROOT / "docs" / "faults.md"
BINDING = {
    "request": "overloaded rate_limited request_too_large api_error gateway_timeout authentication permission billing "
    "not_found spend_cap html_502",
    "events": "error_event truncate unknown_event malformed_event duplicate_event ping_storm",
    "bytes": "cut reset stall delay slice close_before_response",
}
PARAMETERS = (
    "status error_type message retry_after retry_after_ms should_retry headers times probability after_event "
    "after_bytes seconds match"
)


@pytest.mark.parametrize(("acts_on", "names"), BINDING.items())
def test_the_binding_names_are_there(acts_on: str, names: str) -> None:
    """Every name of the design exists and acts where it says."""
    assert {name: table.FAULTS[name].acts_on for name in names.split()} == dict.fromkeys(names.split(), acts_on)


def test_the_binding_parameters_are_there() -> None:
    """Every parameter of the design is taken by a fault, or by all."""
    taken = {name for kind in table.FAULTS.values() for name in kind.model_fields} | set(Arming.model_fields)
    assert set(PARAMETERS.split()) <= taken


@pytest.mark.parametrize("name", table.FAULTS)
def test_every_fault_is_explained(name: str) -> None:
    """The page has a row for the fault that names all its own parameters; the class says what it is."""
    (row,) = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{name}` |")]
    kind = table.FAULTS[name]
    own = [field for field in kind.model_fields if kind.acts_on != "request"]
    assert [field for field in own if f"`{field}" not in row] == []
    assert kind.__doc__ != base.Fault.__doc__
    assert inspect.getdoc(kind)


def test_every_way_of_arming_is_explained() -> None:
    """The page has a row for each parameter that any fault takes, and for each of an answer."""
    text = PAGE.read_text(encoding="utf-8")
    answer = table.FAULTS["overloaded"].model_fields
    assert [name for name in [*Arming.model_fields, *answer] if f"`{name}`" not in text] == []
