"""The lock file: the shape of what each test sends. When it changes and nobody said so, the test fails with a diff."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.transcript import Call, Prompts, read_transcript

_FIELDS = ("requests", "models", "betas", "tools", "prefixes", "dollars")
_HASH = 12  # hex digits of a prefix's digest
Shape = Mapping[str, Any]


class Lock:
    """The shapes that are locked, by test."""

    def __init__(self, tests: Mapping[str, Shape]) -> None:
        self._tests = tests

    @classmethod
    def read(cls, path: Path) -> "Lock":
        """The lock in a file; an empty one if there is none yet. Raises `pytest.UsageError`."""
        if not path.exists():
            return cls({})
        try:
            tests = json.loads(path.read_text("utf-8"))["tests"]
            return cls({str(test): dict(shape) for test, shape in tests.items()})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise pytest.UsageError(f"{path}: a lock is an object with `tests` ({error})") from None

    def has(self, test: str) -> bool:
        """Whether a test is locked."""
        return test in self._tests

    def changes(self, test: str, shape: Shape) -> list[str]:
        """What a test sends that its lock does not say, a line each; none for a test that is new."""
        known = self._tests.get(test)
        return [] if known is None else list(_differences(known, shape))

    def merged(self, shapes: Mapping[str, Shape], *, update: bool) -> str:
        """The file's new text: new tests are added, and with `update` the others are brought up to date."""
        tests = {**shapes, **self._tests} if not update else {**self._tests, **shapes}
        return json.dumps({"version": 1, "tests": dict(sorted(tests.items()))}, indent=2, ensure_ascii=False) + "\n"


def shape_of(exchanges: Sequence[Exchange], raw: Iterable[Mapping[str, Any]], prompts: Prompts) -> dict[str, Any]:
    """The shape of what a test sent. `prefixes` are digests of what is before each cache marker, in order."""
    calls = read_transcript(exchanges, prompts=prompts).calls
    requests = Counter(f"{exchange.method} {exchange.endpoint}" for exchange in exchanges)
    return {
        "requests": dict(sorted(requests.items())),
        "models": dict(sorted(Counter(call.model_name for call in calls).items())),
        "betas": sorted({beta for call in calls for beta in _betas(call)}),
        "tools": sorted({name for call in calls for name in _tools(call)}),
        "prefixes": list(dict.fromkeys(prefix for call in calls for prefix in _prefixes(call))),
        "dollars": round(sum(dollars(entry) for entry in raw), 6),
    }


def dollars(entry: Mapping[str, Any]) -> float:
    """What an exchange cost."""
    cost = entry.get("cost")
    if not isinstance(cost, Mapping):
        return 0.0
    total = cost.get("total")
    return float(total) if isinstance(total, int | float) else 0.0


def _betas(call: Call) -> list[str]:
    return [beta.strip() for beta in (call.header("anthropic-beta") or "").split(",") if beta.strip()]


def _tools(call: Call) -> Iterator[str]:
    tools = call.body.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, Mapping):
            yield str(tool.get("name") or tool.get("type") or "?")


def _prefixes(call: Call) -> Iterator[str]:
    positions = [position for position, _ in call.prompt.breakpoints]
    keys = call.prompt.keys(positions)
    for position in positions:
        yield f"{call.prompt.location(position)} {keys[position].hex()[:_HASH]}"


def _differences(known: Shape, now: Shape) -> Iterator[str]:
    for name in _FIELDS:
        old, new = known.get(name), now.get(name)
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            for key in sorted({*old, *new}):
                if old.get(key, 0) != new.get(key, 0):
                    yield f"{name}: {key}: {old.get(key, 0)} became {new.get(key, 0)}"
        elif isinstance(old, list) and isinstance(new, list):
            yield from (f"{name}: - {each}" for each in old if each not in new)
            yield from (f"{name}: + {each}" for each in new if each not in old)
            if sorted(old) == sorted(new):
                yield f"{name}: another order"
        else:
            yield f"{name}: {old} became {new}"
