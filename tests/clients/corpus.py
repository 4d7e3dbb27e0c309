"""The corpus of sample programs: finding them, running them against a scope, and what came of it.

A sample is a module with `RULE` (the contract it must be reported for, or None if it is correct), `arrange(claude)`
(scripts the mock) and `run()`, plain or async. A `run` that takes `llm` is run with the SDK and with raw HTTP.
Optional: `RAISES` (names of exceptions that `run` may end with), `ALSO` (contracts that may be reported besides),
`NEEDS` (what of the mock it needs), `ORACLES` (what its test would tell the judge), `MEASURED` (its answer is token
counts).
"""

import asyncio
import importlib.util
import inspect
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from claudemock.control.client import Exchanges, MockServer
from tests.clients.kit import AsyncRawLlm, AsyncSdkLlm, RawLlm, SdkLlm

SAMPLES = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Case:
    """One sample, run in one way (`sdk`, `raw`, or its own)."""

    name: str
    module: ModuleType
    way: str

    @property
    def id(self) -> str:
        """Its name in reports."""
        return f"{self.name}[{self.way}]" if self.way else self.name

    @property
    def rule(self) -> str | None:
        """The contract it must be reported for."""
        rule: str | None = self.module.RULE
        return rule

    @property
    def also(self) -> tuple[str, ...]:
        """Contracts that may be reported besides."""
        return tuple(getattr(self.module, "ALSO", ()))

    @property
    def raises(self) -> tuple[str, ...]:
        """The exceptions it may end with, by name; none for a program that gives an answer."""
        names: str | tuple[str, ...] = getattr(self.module, "RAISES", ())
        return (names,) if isinstance(names, str) else names

    @property
    def told(self) -> dict[str, Any]:
        """What its test would tell the judge: fields of `Oracles`."""
        return dict(getattr(self.module, "ORACLES", {}))

    @property
    def measures(self) -> bool:
        """Whether its answer is what it measured: figures by name."""
        return bool(getattr(self.module, "MEASURED", False))

    @property
    def needs(self) -> tuple[str, ...]:
        """What of the mock it needs: `fault`, `batches`."""
        return tuple(getattr(self.module, "NEEDS", ()))


@dataclass(frozen=True)
class Outcome:
    """What came of a run: the answer or the exception, the exchanges, and replies nobody asked for."""

    answer: Any
    error: BaseException | None
    exchanges: Exchanges
    unused: list[Any] = field(default_factory=list)


def load(folder: Path = SAMPLES) -> Iterator[Case]:
    """The cases of a folder, by name."""
    for path in sorted(folder.glob("*.py")):
        if path.stem.startswith("_"):
            continue
        spec = importlib.util.spec_from_file_location(f"claudemock_sample_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        ways = ("sdk", "raw") if inspect.signature(module.run).parameters else ("",)
        yield from (Case(path.stem, module, way) for way in ways)


def lacking(case: Case, claude: MockServer) -> list[str]:
    """What the case needs and this server has not."""
    return [name for name in case.needs if not hasattr(claude, name)]


def run_case(case: Case, claude: MockServer) -> Outcome:
    """Run one case in a scope; requests that no reply was scripted for are errors there."""
    claude.strict()
    answer, error = None, None
    with patch.dict(os.environ, {"ANTHROPIC_BASE_URL": claude.base_url, "ANTHROPIC_API_KEY": claude.api_key}):
        case.module.arrange(claude)
        try:
            answer = _call(case.module.run, case.way)
        except Exception as raised:  # noqa: BLE001 - how a program fails is part of what it is judged by
            error = raised
    armed = claude.call("GET", "replies")["replies"]
    return Outcome(answer, error, claude.find(), [entry for entry in armed if entry["left"]])


def _call(program: Callable[..., Any], way: str) -> Any:
    if inspect.iscoroutinefunction(program):
        return asyncio.run(_call_async(program, way))
    if not way:
        return program()
    with SdkLlm() if way == "sdk" else RawLlm() as llm:
        return program(llm)


async def _call_async(program: Callable[..., Any], way: str) -> Any:
    if not way:
        return await program()
    async with AsyncSdkLlm() if way == "sdk" else AsyncRawLlm() as llm:
        return await program(llm)
