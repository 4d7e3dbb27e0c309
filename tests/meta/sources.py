"""The project's own Python files, as the meta tests read them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = ("mockserver", "contracts")


@dataclass(frozen=True)
class Module:
    """One Python file: its dotted name, whether it is a package's `__init__`, and its text."""

    name: str
    path: Path
    is_package: bool

    @cached_property
    def text(self) -> str:
        """The source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.text, filename=str(self.path))


def python_files(*folders: Path) -> Iterator[Path]:
    """Every `.py` file below the folders, in a stable order."""
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def read_modules(*source_roots: Path) -> dict[str, Module]:
    """The modules of some source roots by dotted name. A file directly in a source root is unshipped and left out."""
    modules = {}
    for source_root in source_roots:
        for path in python_files(source_root):
            parts = path.relative_to(source_root).with_suffix("").parts
            if len(parts) == 1:
                continue
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            modules[name] = Module(name, path, is_package)
    return modules


def shipped_modules() -> dict[str, Module]:
    """What the wheel ships."""
    return read_modules(*(ROOT / name for name in SOURCE_ROOTS))
