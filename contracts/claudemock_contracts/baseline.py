"""Findings that are known and do not count: a JSON file with their fingerprints."""

import json
from collections.abc import Iterable
from pathlib import Path


def read_baseline(path: Path | None) -> frozenset[str]:
    """The fingerprints in a file; none if there is no such file yet. Raises `ValueError` for a file that is none."""
    if path is None or not path.exists():
        return frozenset()
    try:
        return frozenset(map(str, json.loads(path.read_text("utf-8"))["fingerprints"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: a baseline is an object with a list of `fingerprints` ({error})") from None


def write_baseline(path: Path, fingerprints: Iterable[str]) -> None:
    """Write such a file, and its folder. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"fingerprints": sorted(set(fingerprints))}, indent=2) + "\n", encoding="utf-8")
