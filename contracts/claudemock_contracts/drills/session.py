"""A drill session: a server, the command without a failure, then the command under each of them."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import orjson

from claudemock.control.client import ControlError, Exchanges, MockServer
from claudemock.serving import serve
from claudemock_contracts.drills.answer import Answer
from claudemock_contracts.drills.command import Commands, Ran, environment
from claudemock_contracts.drills.measure import (
    Exchange,
    Measured,
    answers,
    measure,
    served_together,
    tool_calls,
    tool_results,
)
from claudemock_contracts.drills.plan import Drill, DrillError
from claudemock_contracts.drills.verdict import Result, notes_of, reasons_of, verdict_of

_NOTICING, _SHORTLY = 5.0, 0.02  # seconds until all exchanges of a dead client are over at most; between two looks
_PLAIN = 300.0  # seconds a run without a failure may take
_TAIL = 2000  # characters of the output that an error shows

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`timeout` seconds for each run (None: the drill's own, or ten times what the first took, whichever is more).

    `virtual_time`: None leaves it to the drill. `stdin` is a file that each run reads. `settings` are those of the
    server, script files included.
    """

    command: Sequence[str]
    drills: Sequence[Drill]
    named: frozenset[str] = frozenset()  # asked for by name: not to happen is a failure
    timeout: float | None = None
    virtual_time: bool | None = None
    jobs: int = 1
    stdin: Path | None = None
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The command without a failure."""

    ran: Ran
    answer: Answer | None
    measured: Measured
    exchanges: Sequence[Exchange]


class Session:
    """Runs drills against one server, each in a scope of its own. Use as a context manager."""

    def __init__(self, server: MockServer, options: Options) -> None:
        self._server = server
        self._options = options
        self._commands = Commands(options.command, options.stdin)

    def close(self) -> None:
        """End what still runs."""
        self._commands.close()

    def baseline(self) -> Baseline:
        """The command twice without a failure. Raises `DrillError` if it fails by itself, or never calls the API."""
        scopes = [self._server.scope(name) for name in ("baseline", "baseline-again")]
        ran = dict(self._at_once([partial(self._plain, scope) for scope in scopes]))
        first, second = (ran[scope.base_url] for scope in scopes)
        exchanges = _over(scopes[0])
        if not exchanges:
            raise DrillError(
                "the command made no request to the mock: it has to honour ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY"
            )
        measured = measure(exchanges, _dollars(scopes[0]))
        return Baseline(first, Answer.of(first.stdout, second.stdout), measured, exchanges)

    def _plain(self, scope: MockServer) -> tuple[str, Ran]:
        virtual = self._options.virtual_time or False
        ran = self._run(scope, "baseline", self._options.timeout or _PLAIN, virtual=virtual)
        if ran.status != 0:
            stopped = "printed without end" if ran.flooded else "did not end in time"
            how = stopped if ran.status is None else f"ended with status {ran.status}"
            said = (ran.stdout + ran.stderr)[-_TAIL:].rstrip()
            told = f":\n{said}" if said else ", and said nothing"
            raise DrillError(f"the command {how} without any failure{told}")
        return scope.base_url, ran

    def results(self, baseline: Baseline) -> Iterator[Result]:
        """The drills' results as they come; of several at once, those that take longest begin first."""
        drills = list(self._options.drills)
        if self._options.jobs > 1:
            drills.sort(key=lambda drill: drill.longest_wait, reverse=True)
        return self._at_once([partial(self._drill, drill, baseline) for drill in drills])

    def _at_once(self, works: Sequence[Callable[[], Outcome]]) -> Iterator[Outcome]:
        """The outcomes of all works as they come, as many at a time as there are jobs."""
        waiting: queue.SimpleQueue[Callable[[], Outcome]] = queue.SimpleQueue()
        done: queue.SimpleQueue[Outcome | BaseException] = queue.SimpleQueue()
        for each in works:
            waiting.put(each)

        def work() -> None:
            while True:
                try:
                    done.put(waiting.get_nowait()())
                except queue.Empty:
                    return
                except BaseException as error:  # noqa: BLE001 - told to the thread that waits for it
                    done.put(error)
                    return

        for _ in range(min(self._options.jobs, len(works))):
            threading.Thread(target=work, daemon=True).start()
        for _ in works:
            outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome

    def _drill(self, drill: Drill, baseline: Baseline) -> Result:
        scope = self._server.scope(f"drill-{drill.name}")
        armed = _arm(scope, drill, baseline)
        chosen = self._options.virtual_time
        virtual = drill.virtual_time if chosen is None else chosen
        longest = self._options.timeout or max(drill.seconds, 10 * baseline.ran.seconds)
        ran = self._run(scope, drill.name, longest, virtual=virtual)
        exchanges = _over(scope)
        measured = measure(exchanges, _dollars(scope))
        # what a drill says instead of the model is no answer to the question, but for tool calls
        answered = answers(exchanges, () if drill.parallel_tools else armed) + exchanges.dropped
        wanted = answers(baseline.exchanges)
        verdict = verdict_of(drill, ran, baseline.answer, unanswered=not answered and wanted > 0)
        if verdict == "survived" and drill.parallel_tools and _mixed_up(exchanges, baseline.exchanges):
            verdict = "gave a wrong answer"
        reasons = reasons_of(drill, verdict, measured)
        required = True
        if not _happened(scope, drill, exchanges):
            required = drill.name in self._options.named
            verdict, reasons = "not exercised", ["the failure never happened: the command made no such request"]
        return Result(
            drill=drill,
            verdict=verdict,
            passed=not reasons,
            required=required,
            ran=ran,
            measured=measured,
            wasted_requests=max(0, measured.requests - baseline.measured.requests),
            wasted_dollars=max(0.0, measured.dollars - baseline.measured.dollars),
            reasons=reasons,
            notes=notes_of(verdict, ran, baseline.answer, answered, wanted),
        )

    def _run(self, scope: MockServer, name: str, timeout: float, *, virtual: bool) -> Ran:
        try:
            return self._commands.run(environment(scope.base_url, scope.api_key, name, virtual=virtual), timeout)
        except OSError as error:
            missing = error.filename or self._options.command[0]
            raise DrillError(f"the command cannot be started: {missing}: {error.strerror or error}") from None


@contextmanager
def session(options: Options) -> Iterator[Session]:
    """A server and a session on it; whatever happens, nothing runs on afterwards."""
    with serve(**options.settings) as server:
        opened = Session(server, options)
        try:
            yield opened
        finally:
            opened.close()


def _over(scope: MockServer) -> Exchanges:
    """The exchanges, once the server has noticed that the command is gone."""
    end = time.monotonic() + _NOTICING
    exchanges = scope.exchanges
    while any(exchange["ended"] is None for exchange in exchanges) and time.monotonic() < end:
        time.sleep(_SHORTLY)
        exchanges = scope.exchanges
    return exchanges


def _arm(scope: MockServer, drill: Drill, baseline: Baseline) -> frozenset[str]:
    """Arm what goes wrong; returns the ids of all that."""
    replies = list(drill.replies)
    if drill.parallel_tools and served_together(baseline.exchanges) < 2:
        calls = list(tool_calls(baseline.exchanges).values())
        if calls:
            # the same call twice does where the command gets only one
            replies.append({"tool_use": [_call(*calls[0]), _call(*calls[min(1, len(calls) - 1)])]})
    ids: list[str] = []
    try:
        for path, key, given in (
            ("faults", "faults", drill.faults),
            ("replies", "replies", replies),
            ("batches", "scripts", drill.batches),
        ):
            if given:
                ids += scope.call("POST", path, {key: list(given)})["ids"]
    except ControlError as error:
        raise DrillError(f"{drill.name}: {error}") from None
    return frozenset(ids)


def _dollars(scope: MockServer) -> float:
    total: float = scope.costs["total"]["dollars"]["total"]
    return total


def _call(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "input": orjson.loads(text)}


def _mixed_up(exchanges: Sequence[Exchange], before: Sequence[Exchange]) -> bool:
    """Whether a tool's result was sent for another call than the one it belongs to.

    A result that is merely another than before belongs to nobody else: tools may tell the time.
    """
    known = tool_results(before)
    given = set(known.values())
    return any(
        known.get(call, result) != result and result in given for call, result in tool_results(exchanges).items()
    )


def _happened(scope: MockServer, drill: Drill, exchanges: Sequence[Exchange]) -> bool:
    """Whether what was to go wrong did."""
    if drill.parallel_tools:
        return served_together(exchanges) > 1
    if drill.faults:
        return any(fault["fired"] for fault in scope.faults)
    if drill.replies:
        return any(exchange["script"] is not None for exchange in exchanges)
    return any(batch["script"] for batch in scope.batches)
