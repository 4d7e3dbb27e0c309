"""The `claude` fixture: a test's own scope of the mock, and the words to judge it by."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import fields, replace
from typing import Any, Protocol

from claudemock.control.client import ClockClient, MockServer
from claudemock.script.parts import Part
from claudemock.virtual_time import VirtualTime
from claudemock_contracts.finding import Finding
from claudemock_contracts.oracles import Oracles, Outcome
from claudemock_contracts.plugin.line import LineServer
from claudemock_contracts.plugin.options import Allowed
from claudemock_contracts.plugin.tools import ToolWatch
from claudemock_contracts.probe.leaks import Probe
from claudemock_contracts.rules import ALL

__tracebackhide__ = True  # a failure ends at the test's line, not in ours


class Judging(Protocol):
    """What can judge a test at any moment."""

    def findings(self) -> Sequence[Finding]:
        """What there is to say so far."""

    def probe(self, function: Callable[[], object]) -> Probe:
        """What leaks into the prompts that `function` sends."""


class Clock(ClockClient):
    """The scope's clock; once the test turns it, times mean something."""

    def __init__(self, server: MockServer) -> None:
        super().__init__(server)
        self.turned = False

    def advance(self, seconds: float) -> str:
        """Move forward; returns the new time."""
        self.turned = True
        return super().advance(seconds)

    def set(self, instant: str) -> str:
        """Jump to an RFC 3339 time; returns the new time."""
        self.turned = True
        return super().set(instant)

    def virtual(self) -> VirtualTime:
        """Virtual time for the code under test: `with claude.clock.virtual(): …`; sleeping costs nothing inside."""
        self.turned = True
        return super().virtual()


class Claude(LineServer):
    """A test's own scope of the mock. What the test arms here is expected to be used."""

    clock: Clock

    def __init__(self, scope: LineServer, judging: Judging, tools: ToolWatch) -> None:
        super().__init__(scope.root_url, scope.scope_name, scope.line)
        self.clock = Clock(self)
        self._judging = judging
        self._tools = tools
        self.oracles = Oracles()
        self.allowed: list[Allowed] = []
        self.armed: dict[str, dict[str, Any]] = {}  # replies by id
        self.optional: set[str] = set()
        self.armed_faults: set[str] = set()

    def reply(self, *parts: str | Part, optional: bool = False, **options: Any) -> str:
        """Arm one reply made of `parts` (text, `tool_use(…)`, `thinking(…)`, `refusal(…)`); returns its id.

        A reply that is not used up fails the test, unless it is `optional`. `options` are the other fields of a
        reply: `content stop_reason usage pacing chunk files times match`. Raises `ControlError`.
        """
        name = super().reply(*parts, **options)
        self.armed[name] = {"parts": parts, **options}
        if optional:
            self.optional.add(name)
        return name

    def fault(self, name: str, **parameters: Any) -> str:
        """Arm a fault: `fault("overloaded", times=2)`; returns its id. One that never happens is reported."""
        armed = super().fault(name, **parameters)
        self.armed_faults.add(armed)
        return armed

    @property
    def findings(self) -> Sequence[Finding]:
        """What the contracts have to say about the exchanges so far, gravest first."""
        return self._judging.findings()

    def allow(self, rule: str, *, reason: str) -> None:
        """Let a finding be, in this test: `allow("R10", reason="the gateway merges them")`.

        `rule` is an id, a name or a family. Raises `ValueError` for one that is none, and without a reason.
        """
        if not reason.strip():
            raise ValueError(f"allow({rule!r}): say why in `reason`")
        if not any(contract.answers_to(rule) for contract in ALL):
            raise ValueError(f"allow({rule!r}): there is no contract {rule!r}; `claudemock rules` lists them")
        self.allowed.append(Allowed(rule=rule, reason=reason))

    def watch_tools(self, *functions: Callable[..., Any], **named: Callable[..., Any]) -> Any:
        """Note what tool functions get and return, so that swapped and unflagged results are told for certain.

        `watch_tools(get_weather, search)`, or `watch_tools(get_weather=fetch)` where the tool's name is another. They
        are replaced wherever the product's modules have them, until the test is over. Returns the watched function, or
        a tuple of several, for tools that are passed by hand.
        """
        watched = [self._tools.watch(function) for function in functions]
        watched += [self._tools.watch(function, name) for name, function in named.items()]
        return watched[0] if len(watched) == 1 else tuple(watched)

    def drift_probe(self, function: Callable[[], object]) -> Probe:
        """Run `function` again and again under other circumstances, and say what leaks into the prompts it sends.

        Other circumstances: another time of day, other random numbers and UUIDs, another folder for temporary files,
        another hash seed (in a process of its own, if the function can be imported), and nothing else at all. What
        leaks into a cached prefix is a finding (R02) and fails the test. Scripted replies are served in every run.
        """
        return self._judging.probe(function)

    def returned(self, value: Any) -> Any:
        """Tell what the program made of it all; some contracts are about that. Gives `value` back."""
        self.tell(outcomes=(*self.oracles.outcomes, Outcome(kind="returned", value=value)))
        return value

    def expect_error(self) -> AbstractContextManager[None]:
        """Say that the program is meant to fail: `with claude.expect_error(): run_my_agent()`.

        The exception ends inside the block; a block without one fails the test. Without `with` it only says so.
        """
        self.tell(expected_error=True)
        return self._raising()

    @contextmanager
    def _raising(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, it was expected
            said = Outcome(kind="raised", error=f"{type(error).__name__}: {error}")
            self.tell(outcomes=(*self.oracles.outcomes, said))
        else:
            raise AssertionError("claude.expect_error(): no error was raised; the program took the failure for success")

    def tell(self, **facts: Any) -> None:
        """Tell what is not on the wire: the fields of `Oracles`, for example `tell(collected_elsewhere=True)`."""
        known = [field.name for field in fields(Oracles)]
        for name in facts:
            if name not in known:
                raise TypeError(f"tell() has no {name!r}; it has {', '.join(known)}")
        self.oracles = replace(self.oracles, **facts)

    def reset(self) -> None:
        """Forget everything in this scope, what was armed included."""
        super().reset()
        self.armed.clear()
        self.optional.clear()
        self.armed_faults.clear()
