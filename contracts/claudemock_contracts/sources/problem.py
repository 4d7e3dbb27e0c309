"""What is wrong with a file: where, what, and how to put it right."""

import json
from typing import Any

import orjson


class SourceError(ValueError):
    """A file that cannot be read as traffic. The message begins with the file's name and line."""


def parse_json(raw: bytes, name: str, line: int) -> Any:
    """JSON, as strictly as the standard or as loosely as Python writes it. Raises `SourceError`.

    `line` is the number of the first line of `raw`.
    """
    try:
        return orjson.loads(raw)
    except ValueError:
        pass
    try:
        return json.loads(raw)  # NaN, lone surrogates
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError):
            where = f"{name}:{line + error.lineno - 1}, column {error.colno}"
            raise SourceError(f"{where}: not JSON: {error.msg}") from None
        raise SourceError(f"{name}:{line}: not JSON: {error}") from None
