"""Running a probe: once as it is, then under each other circumstance, each time in a scope begun afresh."""

import inspect
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.probe.circumstances import NOON, Circumstances
from claudemock_contracts.probe.leaks import Leak, Probe, leaks_between
from claudemock_contracts.transcript import Prompts, Transcript, read_transcript

Run = Callable[[Callable[[], object]], Sequence[Exchange]]
_HOUR, _DAY = 3600.0, 86400.0
_LONGEST = 120  # seconds a run in a process of its own may take
_TAIL = 500


def probe(function: Callable[[], object], run: Run, prompts: Prompts) -> Probe:
    """Probe a function; `run` calls what it is given and returns the exchanges that were made by it."""
    with tempfile.TemporaryDirectory(prefix="claude-") as one, tempfile.TemporaryDirectory(prefix="claude-") as other:
        usual = Circumstances(folder=one)

        def story(circumstances: Circumstances) -> Transcript:
            with_them = circumstances.hold()

            def held() -> None:
                with with_them:
                    function()

            return read_transcript(run(held), prompts=prompts)

        baseline = story(usual)
        variants = {
            "every run": usual,
            "random numbers": Circumstances(seed=2, folder=one),
            "the time of day": Circumstances(now=NOON + 3 * _HOUR + 1057, folder=one),
            "the date": Circumstances(now=NOON + 40 * _DAY, folder=one),
            "the folder for temporary files": Circumstances(folder=other),
        }
        found = [leak for name, each in variants.items() for leak in leaks_between(baseline, story(each), name)]
        reason = _cannot_import(function)
        if reason is None:
            first, second = (read_transcript(run(_in_child(function, seed, one)), prompts=prompts) for seed in (1, 2))
            found += leaks_between(first, second, "the hash seed")
    return Probe(
        leaks=tuple(_first_of_each(found)),
        tried=(*variants, *(["the hash seed"] if reason is None else [])),
        not_tried=() if reason is None else (f"the hash seed: {reason}",),
    )


def _first_of_each(leaks: Sequence[Leak]) -> Iterator[Leak]:
    """One leak for each place: what changes with every run changes with everything else too."""
    seen = set()
    for leak in leaks:
        if leak.location not in seen:
            seen.add(leak.location)
            yield leak


def _cannot_import(function: Callable[[], object]) -> str | None:
    name = getattr(function, "__qualname__", None)
    if name is None or "<" in name or getattr(function, "__self__", None) is not None:
        return "the function is not at the top of a module, so another process cannot import it"
    return None if inspect.getsourcefile(function) else "its module has no file"


def _in_child(function: Callable[[], object], seed: int, folder: str) -> Callable[[], None]:
    told = {
        "path": sys.path,
        "module": function.__module__,
        "file": str(Path(inspect.getsourcefile(function) or "").resolve()),
        "name": function.__qualname__,
        "folder": folder,
    }

    def run() -> None:
        done = subprocess.run(
            [sys.executable, "-m", "claudemock_contracts.probe.child"],
            input=json.dumps(told),
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"the function failed in a process of its own:\n{done.stderr[-_TAIL:]}")

    return run
