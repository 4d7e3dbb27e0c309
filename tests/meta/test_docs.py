"""The tables of the pages name what there is: each row of the code's own tables, and nothing else."""

import re
from collections.abc import Iterable

import pytest
from starlette.routing import Route

from claudemock.app import routes
from claudemock.faults.table import FAULTS
from claudemock.script.batch import BatchSpec
from claudemock.script.book import Script
from claudemock.script.spec import MatchSpec, ReplySpec
from claudemock.settings import Settings
from claudemock.world import World
from claudemock_contracts.rules import ALL
from tests.meta.sources import ROOT
from tests.meta.test_layers import LAYERS, PLUMBING


def page(name: str) -> str:
    """The text of a page."""
    return (ROOT / name).read_text(encoding="utf-8")


def first_columns(text: str) -> set[str]:
    """What stands in backticks in the first column of a page's tables."""
    cells = re.findall(r"^\|([^|]*)\|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def part(text: str, title: str) -> str:
    """One section of a page."""
    _, _, rest = text.partition(f"\n## {title}\n")
    assert rest, title
    return rest.partition("\n## ")[0]


@pytest.fixture(scope="module")
def control_routes() -> Iterable[Route]:
    """The routes of the control API."""
    world = World(Settings(), Script())
    found = [route for route in routes(world) if route.path.startswith("/_mock")]
    world.close()
    return found


def test_the_control_api_is_complete(control_routes: Iterable[Route]) -> None:
    """Every call is in the table, with its methods, and the table has no others."""
    told = set()
    for cell in first_columns(page("docs/control.md")):
        *methods, path = cell.split()
        told |= {(method, path) for method in methods}
    there = {
        (method, route.path)
        for route in control_routes
        for method in (route.methods or set()) - {"HEAD"}
        if not route.path.endswith((".js", ".css"))
    }
    assert told == there


@pytest.mark.parametrize(
    ("title", "names"),
    [("A reply", ReplySpec.model_fields), ("A match", MatchSpec.model_fields)],
    ids=["reply", "match"],
)
def test_scripts_are_complete(title: str, names: Iterable[str]) -> None:
    """Every field and every key is explained."""
    told = {cell.partition(":")[0] for cell in first_columns(part(page("docs/scripts.md"), title))}
    assert told == set(names)


def test_scripts_of_batches_are_complete() -> None:
    """Every field is explained."""
    assert first_columns(page("docs/batches.md")) == set(BatchSpec.model_fields)


def test_faults_are_complete() -> None:
    """Every fault has its row, and the README counts them."""
    text = page("docs/faults.md")
    parameters = first_columns(part(text, "Which requests are meant"))
    assert first_columns(text) - parameters == set(FAULTS)
    assert f"There are {len(FAULTS)} faults" in page("README.md")


def test_families_of_contracts_are_named() -> None:
    """The page says what each family is about."""
    told = first_columns(part(page("docs/contracts.md"), "What they look for"))
    assert told == {contract.family for contract in ALL}


def test_layers_are_all_in_the_architecture() -> None:
    """The page's table and the test's own hold the same layers."""
    told = first_columns(part(page("ARCHITECTURE.md"), "Who may import whom")) - {"claudemock_contracts"}
    there = {re.sub(r"^claudemock(_contracts)?\.?", "", layer) for layer in LAYERS if layer not in PLUMBING}
    assert told == there - {""}


def test_the_readme_is_short() -> None:
    """Whoever opens it reads it."""
    assert len(page("README.md").splitlines()) <= 350
