"""Script files: YAML or JSON, a list of replies or `{replies?, faults?, batches?: [...], strict?: bool}`.

Errors name file, line and column, because a script file is written by hand.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from claudemock.faults.spec import FaultSpec, parse_fault
from claudemock.script.batch import parse_batch_script
from claudemock.script.book import Script
from claudemock.script.spec import ReplySpec, ScriptError, no_field, parse_reply

_KEYS = ("replies", "faults", "batches", "strict")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What script files say: replies, and faults armed from the start."""

    script: Script
    faults: tuple[FaultSpec, ...] = ()


def load_scripts(paths: Iterable[Path]) -> Loaded:
    """All script files as one, in order; strict if any is. Raises `ScriptError` with file, line and column."""
    loaded = [load_script(path) for path in paths]
    replies = tuple(reply for each in loaded for reply in each.script.replies)
    batches = tuple(batch for each in loaded for batch in each.script.batches)
    faults = tuple(fault for each in loaded for fault in each.faults)
    return Loaded(Script(replies, any(each.script.strict for each in loaded), batches), faults)


def load_script(path: Path) -> Loaded:
    """One script file. Raises `ScriptError`: `replies.yaml:3:5: replies.0.times: Input should be …`."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ScriptError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ScriptError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from None
    try:
        data = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except json.JSONDecodeError as error:
        raise ScriptError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except yaml.YAMLError as error:
        raise ScriptError(_syntax(path, error)) from None
    except RecursionError:
        raise ScriptError(f"{path}: nested too deeply") from None
    try:
        return parse_script(data, path.name)
    except ScriptError as error:
        line, column = _place(_nodes(text), error.path)
        where = ".".join(map(str, error.path))
        raise ScriptError(f"{path}:{line}:{column}: {where + ': ' if where else ''}{error.reason}") from None


def parse_script(data: Any, name: str) -> Loaded:
    """A script from parsed YAML or JSON; its replies are called `name#1`, `name#2`, …. Raises `ScriptError`.

    Its batches are called `name#batch1`, `name#batch2`, ….
    """
    if isinstance(data, list):
        return Loaded(Script(_replies(data, name, ())))
    if not isinstance(data, dict):
        raise ScriptError(f"a script is a list of replies, or an object with {', '.join(_KEYS)}; this is neither")
    for key in data:
        if key not in _KEYS:
            raise ScriptError(no_field(str(key), _KEYS), (str(key),))
    strict = data.get("strict", False)
    if not isinstance(strict, bool):
        raise ScriptError(f"strict is true or false, not {strict!r}", ("strict",))
    for key in ("replies", "faults", "batches"):
        if not isinstance(data.get(key, []), list):
            raise ScriptError(f"{key} is a list", (key,))
    faults = tuple(parse_fault(item, ("faults", number)) for number, item in enumerate(data.get("faults", [])))
    batches = tuple(
        (f"{name}#batch{number}", parse_batch_script(item, ("batches", number - 1)))
        for number, item in enumerate(data.get("batches", []), start=1)
    )
    return Loaded(Script(_replies(data.get("replies", []), name, ("replies",)), strict, batches), faults)


def _replies(items: list[Any], name: str, path: tuple[str, ...]) -> tuple[tuple[str, ReplySpec], ...]:
    return tuple(
        (f"{name}#{number}", parse_reply(item, (*path, number - 1))) for number, item in enumerate(items, start=1)
    )


def _syntax(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
    return f"{where}: not YAML: {getattr(error, 'problem', None) or error}"


def _nodes(text: str) -> yaml.Node | None:
    """The file's parse tree with its places; None for JSON that is not YAML too (tabs)."""
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None


def _place(node: yaml.Node | None, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Line and column (from 1) of the deepest node on `path` that the file has."""
    for step in path:
        found = _child(node, step)
        if found is None:
            break
        node = found
    mark = node.start_mark if node is not None else None
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]  # type: ignore[no-any-return]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value if isinstance(value, yaml.CollectionNode) else key
    return None
