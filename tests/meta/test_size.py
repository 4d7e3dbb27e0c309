"""Limits that keep the code readable, and the habits that keep it free of hidden state."""

import ast
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.meta import habits
from tests.meta.sources import ROOT, SOURCE_ROOTS, python_files

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
TYPE_IGNORES = 3  # lower it when one goes; never raise it

SHIPPED = [ROOT / name for name in SOURCE_ROOTS]
FILES = sorted(python_files(*SHIPPED, ROOT / "tests"))
SHIPPED_FILES = sorted(python_files(*SHIPPED))


def problems(paths: Iterable[Path], find: Callable[[str, ast.Module], Iterable[str]]) -> list[str]:
    """What `find` has to say about each file's text and syntax tree, with the file's name."""
    found = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(ROOT)}: {problem}" for problem in find(text, ast.parse(text))]
    return found


def test_files_are_short() -> None:
    """A file has one job; one that outgrows the limit has two."""
    assert problems(FILES, lambda text, _: habits.length_over(text, LONGEST_FILE)) == []


def test_functions_are_short() -> None:
    """A function fits on a screen."""
    assert problems(FILES, lambda _, tree: habits.long_functions(tree, LONGEST_FUNCTION)) == []


def test_no_global_statement() -> None:
    """State is passed by hand: two servers in one process share nothing."""
    assert problems(FILES, lambda _, tree: habits.global_statements(tree)) == []


def test_module_level_containers_are_constants() -> None:
    """What a module or class defines at load time stays as it is: no registry, no process-wide cache."""
    assert problems(SHIPPED_FILES, lambda _, tree: habits.mutated_containers(tree)) == []


def test_type_ignores_name_their_codes_and_only_get_fewer() -> None:
    """Each silenced type error says which one it is; a new one needs an old one to go."""
    uncoded = problems(FILES, lambda text, _: (f"line {n}" for n, coded in habits.type_ignores(text) if not coded))
    everywhere = problems(FILES, lambda text, _: (f"line {n}" for n, _ in habits.type_ignores(text)))
    assert uncoded == []
    assert len(everywhere) == TYPE_IGNORES, everywhere


def test_broad_excepts_give_a_reason() -> None:
    """Catching everything is sometimes right, and then the code says why."""
    assert problems(FILES, habits.unexplained_broad_excepts) == []


def test_a_long_file_is_found() -> None:
    """Blank lines and comments count: they take room too."""
    assert list(habits.length_over("a = 1\n\n# why\n", 2)) == ["3 lines"]
    assert list(habits.length_over("a = 1\n\n# why\n", 3)) == []


def test_a_long_function_is_found() -> None:
    """Nested functions count with the function they belong to, decorators do not."""
    text = "@decorate(\n    1,\n)\ndef outer():\n    def inner():\n        return 1\n    return inner\n"
    assert list(habits.long_functions(ast.parse(text), 3)) == ["outer at line 4: 4 lines"]
    assert list(habits.long_functions(ast.parse(text), 4)) == []


def test_a_global_statement_is_found() -> None:
    """However deep."""
    assert list(habits.global_statements(ast.parse("def f():\n    if x:\n        global a, b\n"))) == [
        "global a, b at line 3"
    ]


@pytest.mark.parametrize(
    "change",
    ["SEEN.append(1)", "SEEN[0] = 1", "del SEEN[0]", "SEEN += [1]", "SEEN[0] += 1", "[SEEN.append(x) for x in y]"],
)
@pytest.mark.parametrize(
    "made", ["SEEN = []", "SEEN: list[int] = [1, 2]", "SEEN = list()", "SEEN = collections.deque()"]
)
def test_a_changed_container_is_found(made: str, change: str) -> None:
    """Every way to change a module-level container inside a function."""
    assert len(list(habits.mutated_containers(ast.parse(f"{made}\ndef f(y):\n    {change}\n")))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "NAMES = ['a']\ndef f():\n    return NAMES[0]\n",
        "NAMES = {}\nfor i in range(3):\n    NAMES[i] = i\n",
        "NAMES = frozenset({'a'})\ndef f():\n    names = list(NAMES)\n    names.append('b')\n",
        "NAMES = ('a',)\ndef f(other):\n    other['a'] = 1\n",
        "from functools import cache\n@cache\ndef table():\n    return ('a',)\n",
    ],
)
def test_constants_and_locals_are_left_alone(text: str) -> None:
    """Containers filled at load time, a function's own, and constants loaded late are no hidden state."""
    assert list(habits.mutated_containers(ast.parse(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "import functools\n@functools.lru_cache(maxsize=1)\ndef f(x):\n    return x\n",
        "class C:\n    registry = {}\n    @classmethod\n    def add(cls, x):\n        cls.registry[x] = 1\n",
    ],
)
def test_hidden_state_is_found(text: str) -> None:
    """A cache outlives its server, and so does a registry on a class."""
    assert len(list(habits.mutated_containers(ast.parse(text)))) == 1


def test_type_ignores_are_read_from_comments() -> None:
    """A string that mentions one is not one."""
    text = 'a = 1  # type: ignore[assignment]\nb = "# type: ignore"\nc = 2  # type: ignore\n'
    assert habits.type_ignores(text) == [(1, True), (3, False)]


@pytest.mark.parametrize(
    ("handler", "count"),
    [
        ("except Exception:", 1),
        ("except:  # noqa: BLE001", 1),
        ("except (ValueError, BaseException):", 1),
        ("except Exception:  # noqa: BLE001 - a broken hook must not stop the server", 0),
        ("# a broken hook must not stop the server\nexcept Exception:", 0),
        ("except ValueError:", 0),
        ("except BaseException:\n    clean_up()\n    raise", 0),
    ],
)
def test_a_broad_except_needs_a_reason(handler: str, count: int) -> None:
    """Silencing the linter is not a reason."""
    text = f"try:\n    f()\n{handler}\n" + ("" if handler.endswith("raise") else "    pass\n")
    assert len(list(habits.unexplained_broad_excepts(text, ast.parse(text)))) == count
