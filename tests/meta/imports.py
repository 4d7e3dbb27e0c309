"""Who imports whom, read from the syntax tree, so that an import inside a function counts too."""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.meta.sources import Module


@dataclass(frozen=True)
class Import:
    """One imported module. `lazy`: importing the importer does not run it: it stands in a function or is for typing."""

    importer: str
    target: str
    line: int
    lazy: bool

    @property
    def top(self) -> str:
        """The top-level package that is imported."""
        return self.target.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.target}" + (" lazily" if self.lazy else "")


class _Visitor(ast.NodeVisitor):
    def __init__(self, module: Module, known: Iterable[str]) -> None:
        self.module = module
        self.known = frozenset(known)
        self.depth = 0
        self.found: list[Import] = []

    def _add(self, target: str, line: int) -> None:
        self.found.append(Import(self.module.name, target, line, self.depth > 0))

    def _function(self, node: ast.AST) -> None:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _function  # noqa: N815 - ast's own names

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            self._function(node)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = self._base(node)
        for alias in node.names:
            submodule = f"{base}.{alias.name}"
            self._add(submodule if submodule in self.known else base, node.lineno)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.module.name.split(".")
        keep = len(parts) - node.level + self.module.is_package
        return ".".join([*parts[:keep], *([node.module] if node.module else [])])

    def visit_Call(self, node: ast.Call) -> None:
        """`import_module("x")` and `__import__("x")` are imports in disguise."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant):
            self._add(str(node.args[0].value), node.lineno)
        self.generic_visit(node)


def imports(modules: Mapping[str, Module]) -> list[Import]:
    """Every import in the modules, each once per line."""
    found: dict[Import, None] = {}
    for module in modules.values():
        visitor = _Visitor(module, modules)
        visitor.visit(module.tree)
        found.update(dict.fromkeys(visitor.found))
    return list(found)


def layer_of(name: str, layers: Iterable[str]) -> str | None:
    """The layer a module belongs to: the longest layer name that is the module or a package above it.

    A layer without a dot stands for a top package's `__init__` alone: else every new module would fall into it.
    """
    hits = [layer for layer in layers if name == layer or ("." in layer and name.startswith(f"{layer}."))]
    return max(hits, key=len, default=None)


def forbidden_edges(
    found: Iterable[Import], layers: Mapping[str, Iterable[str]], lazy_doors: Mapping[str, Iterable[str]]
) -> Iterator[str]:
    """Imports of our own modules that the layer table does not allow.

    `layers` maps a layer to the layers it may import besides itself. `lazy_doors` maps a module to what its functions
    may import beyond that.
    """
    ours = {layer.partition(".")[0] for layer in layers}
    for edge in found:
        if edge.top not in ours:
            continue
        source, target = layer_of(edge.importer, layers), layer_of(edge.target, layers)
        if source is None:
            yield f"{edge}: {edge.importer} belongs to no layer of the table"
        elif target is None:
            yield f"{edge}: {edge.target} belongs to no layer of the table"
        elif source != target and target not in layers[source] and not _is_door(edge, lazy_doors):
            yield f"{edge}: {source} may not import {target}"


def _is_door(edge: Import, lazy_doors: Mapping[str, Iterable[str]]) -> bool:
    rooms = lazy_doors.get(edge.importer, ())
    return edge.lazy and any(edge.target == room or edge.target.startswith(f"{room}.") for room in rooms)


def foreign_imports(
    found: Iterable[Import], allowed: Mapping[str, Iterable[str]], denied: Mapping[str, Iterable[str]]
) -> Iterator[str]:
    """Third-party imports that a layer is not `allowed`, and standard-library ones that it is `denied`."""
    ours = {layer.partition(".")[0] for layer in allowed}
    for edge in found:
        layer = layer_of(edge.importer, allowed)
        if layer is None or edge.top in ours:
            continue
        if edge.top in sys.stdlib_module_names:
            if edge.top in denied.get(layer, ()):
                yield f"{edge}: {layer} may not use {edge.top}"
        elif edge.top not in allowed[layer]:
            yield f"{edge}: {layer} may not depend on {edge.top}"


def cycle(found: Iterable[Import], modules: Iterable[str], lazy_doors: Mapping[str, Iterable[str]]) -> Sequence[str]:
    """One import cycle as a path that ends where it began, or nothing. Lazy doors do not count, other lazy ones do."""
    graph: dict[str, list[str]] = {name: [] for name in modules}
    for edge in found:
        if edge.importer in graph and not _is_door(edge, lazy_doors):
            graph[edge.importer] += [name for name in _executed(edge) if name in graph and name != edge.importer]
    done: set[str] = set()
    for start in graph:
        path = _walk(start, graph, done, [])
        if path:
            return path
    return ()


def _executed(edge: Import) -> list[str]:
    """The target and the packages above it whose `__init__` its import runs (those above the importer run anyway)."""
    parts = edge.target.split(".")
    names = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return [name for name in names if name == edge.target or not edge.importer.startswith(f"{name}.")]


def _walk(node: str, graph: Mapping[str, Sequence[str]], done: set[str], path: list[str]) -> Sequence[str]:
    if node in path:
        return [*path[path.index(node) :], node]
    if node in done:
        return ()
    path.append(node)
    for target in graph[node]:
        found = _walk(target, graph, done, path)
        if found:
            return found
    path.pop()
    done.add(node)
    return ()
