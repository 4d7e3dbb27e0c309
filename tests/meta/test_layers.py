"""The layer table, literally: an import that is not in it fails, wherever it stands, and so does a cycle."""

from pathlib import Path

import pytest

from tests.meta.imports import cycle, forbidden_edges, foreign_imports, imports, layer_of
from tests.meta.sources import Module, read_modules, shipped_modules

DATA = ("claudemock.clock", "claudemock.ids", "claudemock.catalog", "claudemock.fixtures")
SHAPES = ("claudemock.wire", "claudemock.prompt", *DATA)
BELOW_WORLD = (
    *SHAPES,
    "claudemock.engine",
    "claudemock.script",
    "claudemock.faults",
    "claudemock.store",
    "claudemock.batches",
    "claudemock.files",
    "claudemock.journal",
    "claudemock.attempts",
    "claudemock.settings",
    "claudemock.recent",
    "claudemock.held",
    "claudemock.webhook",
    "claudemock.version",
)
WORLD = (*BELOW_WORLD, "claudemock.state", "claudemock.world")
# What every endpoint needs, those of the control API too: reading a request, answering it.
PLUMBING = tuple(f"claudemock.api.{name}" for name in ("asgi", "body", "query", "respond"))
DOORS = ("claudemock.api", "claudemock.control", "claudemock.inspector")
SERVER = (*WORLD, *DOORS, *PLUMBING)
JUDGES = tuple(
    f"claudemock_contracts.{name}"
    for name in (
        "volatile",
        "baseline",
        "exchange",
        "oracles",
        "transcript",
        "drift",
        "examples",
        "contract",
        "finding",
        "rules",
        "run",
    )
)

LAYERS: dict[str, tuple[str, ...]] = {
    "claudemock": (),  # its __init__ holds lazy names only
    "claudemock.clock": (),
    "claudemock.recent": (),
    "claudemock.virtual_time": (),
    "claudemock.held": (),
    "claudemock.version": (),
    "claudemock.ids": (),
    "claudemock.fixtures": (),
    "claudemock.money": (),
    "claudemock.catalog": ("claudemock.fixtures",),
    "claudemock.models_table": ("claudemock.catalog",),
    "claudemock.wire": (),
    "claudemock.prompt": ("claudemock.wire", "claudemock.catalog", "claudemock.fixtures"),
    "claudemock.engine": (*SHAPES, "claudemock.held", "claudemock.recent", "claudemock.engine.citations_pdf"),
    "claudemock.engine.citations_pdf": (),
    "claudemock.store": ("claudemock.held",),
    "claudemock.state": BELOW_WORLD,
    "claudemock.batches": ("claudemock.clock", "claudemock.ids", "claudemock.store"),
    "claudemock.webhook": (),
    "claudemock.files": ("claudemock.clock", "claudemock.ids", "claudemock.store", "claudemock.wire"),
    "claudemock.journal": ("claudemock.store", "claudemock.clock"),
    "claudemock.attempts": ("claudemock.journal",),
    "claudemock.settings": ("claudemock.catalog",),
    "claudemock.script": (
        "claudemock.wire",
        "claudemock.engine",
        "claudemock.store",
        "claudemock.files",
        "claudemock.batches",
    ),
    "claudemock.script.files": ("claudemock.script", "claudemock.faults"),
    "claudemock.faults": (
        "claudemock.wire",
        "claudemock.engine",
        "claudemock.store",
        "claudemock.script",
        "claudemock.clock",
    ),
    "claudemock.world": (*BELOW_WORLD, "claudemock.state"),
    **dict.fromkeys(PLUMBING, (*WORLD, *PLUMBING)),
    **dict.fromkeys(DOORS, (*WORLD, *PLUMBING, "claudemock.virtual_time")),
    "claudemock.app": SERVER,
    "claudemock.protocol": (*WORLD, *PLUMBING),
    "claudemock.workers": (),
    "claudemock.serving": (
        *SERVER,
        "claudemock.script.files",
        "claudemock.virtual_time",
        "claudemock.app",
        "claudemock.protocol",
        "claudemock.workers",
    ),
    "claudemock.demo": (
        *("claudemock.control", "claudemock.script", "claudemock.serving", "claudemock.money"),
        *(*JUDGES, "claudemock_contracts.text"),
    ),
    "claudemock.cli": (
        *SERVER,
        "claudemock.version",
        "claudemock.app",
        "claudemock.serving",
        "claudemock.models_table",
        "claudemock.demo",
    ),
    "claudemock.__main__": ("claudemock.cli",),
    "claudemock_contracts": (),
    "claudemock_contracts.drills": (
        "claudemock.control",
        "claudemock.serving",
        "claudemock.fixtures",
        "claudemock.money",
        "claudemock.virtual_time",
    ),
    **dict.fromkeys(
        JUDGES, ("claudemock.prompt", "claudemock.catalog", "claudemock.fixtures", "claudemock.money", *JUDGES)
    ),
    "claudemock_contracts.sources": ("claudemock_contracts.exchange",),
    "claudemock_contracts.played": JUDGES,
    "claudemock_contracts.text": (*JUDGES, "claudemock_contracts.played", "claudemock.money"),
    "claudemock_contracts.report": (*JUDGES, "claudemock.money"),
    "claudemock_contracts.probe": (*JUDGES, "claudemock.prompt", "claudemock.virtual_time"),
    "claudemock_contracts.plugin": (
        *JUDGES,
        "claudemock.control",
        "claudemock.script",
        "claudemock.serving",
        "claudemock.virtual_time",
        "claudemock_contracts.drills",
        "claudemock_contracts.probe",
        "claudemock_contracts.report",
    ),
    "claudemock_contracts.pytest_plugin": ("claudemock_contracts.plugin", "claudemock.control"),
    "claudemock_contracts.commands": (
        *JUDGES,
        "claudemock_contracts.sources",
        "claudemock_contracts.text",
        "claudemock_contracts.report",
    ),
}

THIRD_PARTY: dict[str, tuple[str, ...]] = {  # "claudemock" by itself is its __init__; a layer not here has none
    "claudemock.wire": ("pydantic", "pydantic_core"),
    "claudemock.prompt": ("orjson",),
    "claudemock.engine": ("orjson",),
    "claudemock.engine.citations_pdf": ("pypdfium2",),
    "claudemock.batches": ("orjson",),
    "claudemock.webhook": ("standardwebhooks",),
    "claudemock.files": ("orjson",),
    "claudemock.journal": ("orjson",),
    "claudemock.attempts": ("orjson",),
    "claudemock.script": ("pydantic", "orjson"),
    "claudemock.script.files": ("yaml",),
    "claudemock.faults": ("pydantic", "orjson"),
    "claudemock.state": ("orjson",),
    **dict.fromkeys((*DOORS, *PLUMBING), ("starlette", "orjson")),
    "claudemock.api": ("starlette", "orjson", "python_multipart"),
    "claudemock.app": ("starlette",),
    "claudemock_contracts.drills": ("pydantic", "yaml", "orjson"),
    "claudemock.protocol": ("uvicorn", "httptools"),
    "claudemock.serving": ("uvicorn",),
    "claudemock.demo": ("anthropic",),
    "claudemock_contracts.sources": ("orjson", "yaml"),
    "claudemock_contracts.plugin": ("pytest",),  # loaded by pytest only
    "claudemock_contracts.pytest_plugin": ("pytest",),
}

NEVER_IO = ("asyncio", "socket", "threading", "subprocess", "sqlite3", "http")
DENIED_STDLIB: dict[str, tuple[str, ...]] = {
    "claudemock.wire": NEVER_IO,
    "claudemock.engine": NEVER_IO,
}

# Imports inside functions that may reach beyond the table: subcommands load what they run, public names load on use.
LAZY_DOORS: dict[str, tuple[str, ...]] = {
    "claudemock": ("claudemock",),
    "claudemock.control.findings": ("claudemock_contracts",),
    **dict.fromkeys(
        ("claudemock.cli.main", "claudemock.cli.serve", "claudemock.cli.contracts"),
        ("claudemock", "claudemock_contracts"),
    ),
}


@pytest.fixture(scope="module")
def modules() -> dict[str, Module]:
    """The shipped modules."""
    return shipped_modules()


def test_every_import_is_in_the_table(modules: dict[str, Module]) -> None:
    """A layer sees only the layers below it."""
    assert list(forbidden_edges(imports(modules), LAYERS, LAZY_DOORS)) == []


def test_third_party_packages_stay_in_their_layers(modules: dict[str, Module]) -> None:
    """The pure layers stay pure: no web framework, no I/O."""
    allowed = {layer: THIRD_PARTY.get(layer, ()) for layer in LAYERS}
    assert list(foreign_imports(imports(modules), allowed, DENIED_STDLIB)) == []


def test_no_cycles(modules: dict[str, Module]) -> None:
    """Any module can be understood after those it imports."""
    assert list(cycle(imports(modules), modules, LAZY_DOORS)) == []


def test_the_table_has_no_cycle() -> None:
    """The table itself allows no cycle between layers, so no two can grow together; two families may within."""
    family = {**dict.fromkeys(PLUMBING, "plumbing"), **dict.fromkeys(JUDGES, "judges")}
    remaining: dict[str, set[str]] = {}
    for layer, targets in LAYERS.items():
        name = family.get(layer, layer)
        remaining.setdefault(name, set()).update({family.get(target, target) for target in targets} - {name})
    while free := [layer for layer, targets in remaining.items() if not targets & remaining.keys()]:
        for layer in free:
            del remaining[layer]
    assert remaining == {}


FAKE_LAYERS: dict[str, tuple[str, ...]] = {"pkg": (), "pkg.low": (), "pkg.high": ("pkg.low",), "pkg.side": ("pkg.low",)}


def tree(folder: Path, files: dict[str, str]) -> dict[str, Module]:
    """A source root with a package `pkg`, a layer `pkg.low` in it, and the given files beside or inside them."""
    for name, text in {"__init__.py": "", "low/__init__.py": "", **files}.items():
        path = folder / "pkg" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_modules(folder)


def test_an_allowed_edge_passes(tmp_path: Path) -> None:
    """The checker is not merely saying no."""
    modules = tree(tmp_path, {"high.py": "from pkg.low import a", "low/a.py": "import json, pydantic"})
    found = imports(modules)
    assert [edge.target for edge in found] == ["pkg.low.a", "json", "pydantic"]
    assert list(forbidden_edges(found, FAKE_LAYERS, {})) == []
    assert list(foreign_imports(found, {"pkg.low": ("pydantic",)}, {})) == []
    assert list(cycle(found, modules, {})) == []


@pytest.mark.parametrize(
    "statement",
    [
        "import pkg.high",
        "import pkg.high as h",
        "from pkg import high",
        "from pkg.high import thing",
        "from .. import high",
        "from ..high import thing",
        "def f():\n    from pkg.high import thing",
        "class C:\n    async def f(self):\n        import pkg.high",
        "import importlib\ndef f():\n    return importlib.import_module('pkg.high')",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pkg.high import thing",
    ],
)
def test_a_forbidden_edge_is_found(tmp_path: Path, statement: str) -> None:
    """However it is written, an import of a higher layer fails, and the message says where and which rule."""
    found = imports(tree(tmp_path, {"high.py": "", "low/a.py": statement}))
    (problem,) = forbidden_edges(found, FAKE_LAYERS, {})
    assert problem.startswith("pkg.low.a:")
    assert problem.endswith("pkg.low may not import pkg.high")


def test_a_lazy_door_opens_only_for_its_module_and_only_inside_functions(tmp_path: Path) -> None:
    """The allow-list excuses one module's functions, nothing else."""
    lazy = "def f():\n    import pkg.side"
    found = imports(tree(tmp_path, {"side.py": "", "high.py": lazy, "low/a.py": lazy, "low/b.py": "import pkg.side"}))
    problems = list(forbidden_edges(found, FAKE_LAYERS, {"pkg.high": ("pkg.side",), "pkg.low.b": ("pkg.side",)}))
    assert [problem.split(" ")[0] for problem in problems] == ["pkg.low.a:2", "pkg.low.b:1"]


def test_a_module_outside_the_table_is_found(tmp_path: Path) -> None:
    """A new module has to be given a layer before anything can use it, or it anything."""
    found = imports(tree(tmp_path, {"new.py": "import pkg.low", "high.py": "import pkg.new"}))
    assert [problem.rpartition(": ")[2] for problem in forbidden_edges(found, FAKE_LAYERS, {})] == [
        "pkg.new belongs to no layer of the table",
        "pkg.new belongs to no layer of the table",
    ]


@pytest.mark.parametrize(
    "files",
    [
        {"low/a.py": "import pkg.low.b", "low/b.py": "import pkg.low.a"},
        {"low/a.py": "import pkg.low.b", "low/b.py": "def f():\n    import pkg.low.a"},
        {"low/a.py": "from pkg.low import b", "low/b.py": "from pkg.low.c import x", "low/c.py": "from . import a"},
        {"high.py": "import pkg.low", "low/__init__.py": "from pkg.low import a", "low/a.py": "import pkg.high"},
    ],
)
def test_a_cycle_is_found(tmp_path: Path, files: dict[str, str]) -> None:
    """Cycles inside one layer are cycles too, also when a function hides one edge or a package's `__init__` is one."""
    modules = tree(tmp_path, files)
    found = cycle(imports(modules), modules, {})
    assert len(found) > 2
    assert found[0] == found[-1]


def test_foreign_imports_are_judged_by_layer(tmp_path: Path) -> None:
    """A package outside the layer's list fails, and so does a part of the standard library it must not touch."""
    found = imports(tree(tmp_path, {"low/a.py": "import asyncio, json, starlette", "high.py": "import starlette"}))
    assert list(foreign_imports(found, {"pkg.low": (), "pkg.high": ("starlette",)}, {"pkg.low": ("asyncio",)})) == [
        "pkg.low.a:1 imports asyncio: pkg.low may not use asyncio",
        "pkg.low.a:1 imports starlette: pkg.low may not depend on starlette",
    ]


def test_the_longest_layer_name_wins() -> None:
    """A layer inside a layer has its own row; a row for a bare package is its `__init__` alone."""
    rows = ("pkg", "pkg.low", "pkg.low.deep")
    names = ["pkg", "pkg.low.a", "pkg.low.deep.b", "pkg.lower", "other"]
    assert [layer_of(name, rows) for name in names] == ["pkg", "pkg.low", "pkg.low.deep", None, None]
