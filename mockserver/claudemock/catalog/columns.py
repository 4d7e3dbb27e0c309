"""JSON values checked against a dataclass's column types, with errors that say where, what and how to put it right."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

Reader = Callable[[Any], Any]


class ColumnError(ValueError):
    """A value that does not fit its column. `path` is where, `expected` is what belongs there."""

    def __init__(self, value: object, expected: str, *path: str | int) -> None:
        where = ".".join(str(part) for part in path)
        super().__init__(f"{where}: {value!r} does not fit; write {expected}")
        self.value = value
        self.expected = expected
        self.path = path

    def under(self, *path: str | int) -> "ColumnError":
        """The same error, seen from further out."""
        return ColumnError(self.value, self.expected, *path, *self.path)


def check_names(given: Mapping[str, Any], known: Mapping[str, Any] | tuple[str, ...], where: str) -> None:
    """Raise `ValueError` for a name that is not known, with the nearest one that is."""
    for name in given:
        if name not in known:
            close = get_close_matches(str(name), known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(known)}"
            raise ValueError(f"{where}: there is no {name!r}; {hint}")


def read_row(row: Mapping[str, Any], read: Mapping[str, Reader], *where: str) -> dict[str, Any]:
    """The cells of one row, each as its column's type. Raises `ColumnError`."""
    cells = {}
    for column, value in row.items():
        try:
            cells[column] = read[column](value)
        except ColumnError as wrong:
            raise wrong.under(*where, column) from None
    return cells


def readers(kind: Any) -> dict[str, Reader]:
    """For each column of a dataclass, what checks a JSON value and makes it the column's type."""
    return {column.name: _reader(column.type) for column in fields(kind)}


def _reader(kind: Any) -> Reader:
    origin, args = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):
        return _optional(_reader(next(arg for arg in args if arg is not NoneType)))
    if origin is Literal:
        return _one_of(args)
    if origin in (tuple, frozenset):
        return _list_of(_reader(args[0]), origin)
    if is_dataclass(kind):
        return _entry(kind)
    return _plain(kind)


def _optional(read: Reader) -> Reader:
    return lambda value: None if value is None else read(value)


def _one_of(values: tuple[str, ...]) -> Reader:
    def read(value: Any) -> Any:
        if value not in values:
            raise ColumnError(value, "one of " + ", ".join(values))
        return value

    return read


def _list_of(item: Reader, made: Callable[[list[Any]], Any]) -> Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, list | tuple | set | frozenset):
            raise ColumnError(value, "a list")
        cells = []
        for index, each in enumerate(value):
            try:
                cells.append(item(each))
            except ColumnError as wrong:
                raise wrong.under(index) from None
        return made(cells)

    return read


def _entry(kind: Any) -> Reader:
    columns = readers(kind)
    needed = [column.name for column in fields(kind) if column.default is MISSING]
    expected = f"a mapping with {', '.join(needed)} and, where it applies, {', '.join(columns.keys() - set(needed))}"

    def read(value: Any) -> Any:
        if not isinstance(value, Mapping) or not set(needed) <= value.keys() <= columns.keys():
            raise ColumnError(value, expected)
        return kind(**read_row(value, columns))

    return read


def _plain(kind: Any) -> Reader:
    if kind is bool:
        return _checked(bool, "true or false")
    if kind is int:
        return _number(int, "a whole number, 0 or more")
    if kind is float:
        return _number(int | float, "a number, 0 or more")
    return _checked(str, "text")


def _checked(kind: Any, expected: str) -> Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, kind):
            raise ColumnError(value, expected)
        return value

    return read


def _number(kind: Any, expected: str) -> Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, kind) or isinstance(value, bool) or not 0 <= value < float("inf"):
            raise ColumnError(value, expected)
        return value

    return read
