"""`claudemock drill`: run a command under each failure and print what it made of them."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import orjson

from claudemock_contracts.drills.plan import DrillError
from claudemock_contracts.drills.report import as_json, as_junit, line, table
from claudemock_contracts.drills.session import Options, session
from claudemock_contracts.drills.verdict import Result

Say = Callable[[str], None]
_LONG = 20.0  # seconds after which one would like it to be faster


def drill(options: Options, say: Say, progress: Say, *, json: Path | None = None, junit: Path | None = None) -> int:
    """Run it all; returns the exit status: 0 if every required drill passes, 1 if not, 2 if none could be run.

    `say` takes the table, `progress` a line as each drill ends. The results so far are reported when it is interrupted
    (`KeyboardInterrupt`, raised again).
    """
    results: list[Result] = []
    try:
        _check_writable(json, junit)
        with _terminated_like_interrupted(), session(options) as opened:
            progress(f"without a failure, twice: {' '.join(options.command)}")
            baseline = opened.baseline()
            if baseline.answer is None:
                progress("it says something else each time, so answers are not compared")
            began = time.monotonic()
            try:
                for result in opened.results(baseline):
                    results.append(result)
                    progress(f"[{len(results)}/{len(options.drills)}] {line(result)}")
            except BaseException:
                progress(f"stopped: {len(results)} of {len(options.drills)} drills had ended")
                raise
            finally:
                order = {each.name: number for number, each in enumerate(options.drills)}
                results.sort(key=lambda result: order[result.drill.name])
                if results:
                    say(table(results))
                _write(json, lambda: orjson.dumps(as_json(baseline, results), option=orjson.OPT_INDENT_2))
                _write(junit, lambda: as_junit(results))
            progress(_took(len(results), time.monotonic() - began, options.jobs))
    except DrillError as error:
        progress(f"claudemock: {error}")
        return 2
    return 0 if all(result.passed or not result.required for result in results) else 1


def _took(count: int, seconds: float, jobs: int) -> str:
    hint = "; --jobs 4 runs four at a time" if jobs == 1 and seconds > _LONG else ""
    return f"{count} drills in {seconds:.1f} s{hint}"


def _check_writable(*files: Path | None) -> None:
    """Raises `DrillError` before anything runs, rather than lose the results afterwards."""
    for file in files:
        if file is not None and not file.absolute().parent.is_dir():
            raise DrillError(f"{file} cannot be written: there is no folder {file.parent}")


def _write(file: Path | None, made: Callable[[], bytes]) -> None:
    if file is None:
        return
    try:
        file.write_bytes(made())
    except OSError as error:
        raise DrillError(f"the results cannot be written: {error}") from None


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Being asked to end leaves as little behind as Ctrl-C."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread: whoever runs it there sees to signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def to_stderr(text: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
