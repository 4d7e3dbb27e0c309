"""Virtual time: every way to sleep costs nothing, the scope's clock moves on, everybody else keeps real time."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from time import sleep as nap
from types import ModuleType
from typing import Any

import anthropic
import anyio
import backoff
import pytest
import tenacity
import trio
from anthropic import Anthropic, AsyncAnthropic

from claudemock.control.client import MockServer
from claudemock.virtual_time import VirtualTime
from tests.faults.raw import HELLO
from tests.wire_client import ask

REAL = (time.sleep, asyncio.sleep, trio.sleep, time.monotonic, time.perf_counter)


def now(server: MockServer) -> float:
    """The scope's clock, in seconds."""
    return datetime.fromisoformat(server.clock.now).timestamp()


SLEEPS: dict[str, Callable[[], object]] = {
    "time": lambda: time.sleep(600),
    "asyncio": lambda: asyncio.run(asyncio.sleep(600)),
    "anyio on asyncio": lambda: anyio.run(anyio.sleep, 600),
    "trio": lambda: trio.run(trio.sleep, 600),
    "anyio on trio": lambda: anyio.run(anyio.sleep, 600, backend="trio"),
}


@pytest.fixture
def frozen(server: MockServer) -> MockServer:
    """A scope whose clock moves only when told to."""
    server.clock.freeze()
    return server


@pytest.mark.parametrize("way", SLEEPS)
def test_every_way_to_sleep(frozen: MockServer, way: str) -> None:
    """Ten minutes pass on the scope's clock and not here (the test's own timeout is two)."""
    before = now(frozen)
    with frozen.clock.virtual() as virtual:
        SLEEPS[way]()
    assert virtual.slept == [600]
    assert now(frozen) - before == pytest.approx(600)
    assert (time.sleep, asyncio.sleep, trio.sleep, time.monotonic, time.perf_counter) == REAL


def test_a_name_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """`from time import sleep` is found under its name in any module, and put back."""
    heard: list[float] = []
    module = ModuleType("a_module_that_sleeps")
    monkeypatch.setattr(module, "sleep", nap, raising=False)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with VirtualTime(heard.append):
        vars(module)["sleep"](600)
    assert heard == [600]
    assert vars(module)["sleep"] is nap


@pytest.mark.parametrize("seconds", [0, -0.0, 0.0005])
def test_what_is_no_waiting_stays_real(seconds: float) -> None:
    """Yielding to other tasks and tiny naps mean something else than waiting."""
    heard: list[float] = []
    with VirtualTime(heard.append):
        asyncio.run(asyncio.sleep(seconds))
        time.sleep(seconds)
    assert heard == []


def test_sleeping_for_ever_stays_real() -> None:
    """Who sleeps for ever waits to be cancelled."""
    heard: list[float] = []
    with VirtualTime(heard.append), pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(anyio.sleep_forever(), 0.05))
    assert heard == []


def test_the_results_and_errors_of_sleeping_are_kept() -> None:
    """asyncio.sleep returns its result; what cannot be slept is refused as ever."""
    never: Any = "x"
    with VirtualTime(lambda _: None):
        assert asyncio.run(asyncio.sleep(600, "slept")) == "slept"
        with pytest.raises(ValueError, match="non-negative"):
            time.sleep(-1)
        with pytest.raises(TypeError):
            time.sleep(never)


def retrying(call: Callable[[], Any]) -> dict[str, Callable[[], Any]]:
    """The same call under each retry library."""
    return {
        "tenacity": tenacity.retry(wait=tenacity.wait_fixed(30), stop=tenacity.stop_after_attempt(5))(call),
        "backoff": backoff.on_exception(backoff.constant, anthropic.APIError, interval=30, jitter=None)(call),
    }


@pytest.mark.parametrize("library", ["tenacity", "backoff"])
def test_retry_libraries(frozen: MockServer, library: str) -> None:
    """tenacity and backoff wait virtually, and each wait is with the exchange it follows."""
    frozen.fault("overloaded", times=2)
    with Anthropic(base_url=frozen.base_url, api_key=frozen.api_key, max_retries=0) as client:
        call = retrying(lambda: client.messages.create(**HELLO))[library]
        with frozen.clock.virtual():
            call()
    assert [exchange["slept"] for exchange in frozen.exchanges] == [[30], [30], []]


@pytest.mark.parametrize("library", ["tenacity", "backoff"])
def test_retry_libraries_with_asyncio(frozen: MockServer, library: str) -> None:
    """The same for coroutines."""
    frozen.fault("overloaded", times=2)

    async def main() -> None:
        async with AsyncAnthropic(base_url=frozen.base_url, api_key=frozen.api_key, max_retries=0) as client:

            async def create() -> None:
                await client.messages.create(**HELLO)

            call: Any = retrying(create)[library]
            await call()

    with frozen.clock.virtual():
        asyncio.run(main())
    assert [exchange["slept"] for exchange in frozen.exchanges] == [[30], [30], []]


def until(seconds: float, work: Callable[[], object]) -> int:
    """How often `work` is done until a deadline."""
    deadline, count = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        work()
        count += 1
    return count


def test_a_deadline_comes() -> None:
    """A loop that tries until a deadline ends after as many tries as in real time."""
    with VirtualTime(lambda _: None):
        assert until(3600, lambda: time.sleep(60)) == 60
        began = time.perf_counter()
        time.sleep(600)
        assert time.perf_counter() - began >= 600


def test_a_task_has_a_deadline_of_its_own() -> None:
    """Others' sleeps bring it no nearer, neither those of tasks nor those of threads."""

    async def polling(pause: float) -> int:
        deadline, count = time.monotonic() + 3600, 0
        while time.monotonic() < deadline:
            await asyncio.sleep(pause)
            count += 1
        return count

    async def main() -> list[int]:
        return list(await asyncio.gather(polling(60), polling(600), polling(1800)))

    with VirtualTime(lambda _: None):
        assert asyncio.run(main()) == [60, 6, 2]
        counts: list[int] = []
        threads = [
            threading.Thread(target=lambda pause=pause: counts.append(until(3600, lambda: time.sleep(pause))))
            for pause in (60, 600, 1800)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(counts) == [2, 6, 60]


def test_timeouts_keep_real_time() -> None:
    """Who has slept virtually waits no longer for the network, and its timeouts do not run out by sleeping."""

    async def asyncio_main() -> None:
        async with asyncio.timeout(60):
            await asyncio.sleep(600)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.01)

    async def trio_main() -> None:
        with trio.fail_after(60):
            await trio.sleep(600)
        with trio.move_on_after(0.01) as scope:
            await trio.sleep_forever()
        assert scope.cancelled_caught

    with VirtualTime(lambda _: None) as virtual:
        asyncio.run(asyncio_main())
        trio.run(trio_main)
        assert threading.Event().wait(0.01) is False
    assert virtual.slept == [600, 600]


def test_tenacity_stops_after_a_delay(frozen: MockServer) -> None:
    """A minute of patience is over after a minute of waits."""
    frozen.fault("overloaded", times=None)
    patient = tenacity.retry(wait=tenacity.wait_fixed(20), stop=tenacity.stop_after_delay(60))
    with Anthropic(base_url=frozen.base_url, api_key=frozen.api_key, max_retries=0) as client:
        call = patient(lambda: client.messages.create(**HELLO))
        with frozen.clock.virtual(), pytest.raises(tenacity.RetryError):
            call()
    assert frozen.exchanges.statuses == [529] * 4


def test_the_sdk_waits_out_a_long_retry_after(frozen: MockServer) -> None:
    """70 seconds of retry-after cost nothing, and the outage is over by the scope's clock."""
    frozen.fault("rate_limited", retry_after=70, for_seconds=100)
    with frozen.clock.virtual(), Anthropic(base_url=frozen.base_url, api_key=frozen.api_key) as client:
        client.messages.create(**HELLO)
    assert [exchange["slept"] for exchange in frozen.exchanges] == [[70], [70], []]


def test_the_server_keeps_real_time(server: MockServer) -> None:
    """What the server waits for is not shortened, although it lives in the same process."""
    with server.clock.virtual() as virtual:
        server.fault("delay", seconds=0.2)
        began = time.perf_counter()
        ask(server)
        took = time.perf_counter() - began
    assert took >= 0.2
    assert virtual.slept == []


def test_other_threads_keep_real_time() -> None:
    """Threads from before sleep as ever; those the code under test starts do not."""
    heard: list[float] = []
    go, slept = threading.Event(), []

    def work() -> None:
        go.wait(30)
        began = time.perf_counter()
        time.sleep(0.05)
        slept.append(time.perf_counter() - began)

    before = threading.Thread(target=work)
    before.start()
    with VirtualTime(heard.append):
        go.set()
        before.join()
        assert heard == []
        after = threading.Thread(target=time.sleep, args=(600,))
        after.start()
        after.join()
    assert heard == [600]
    assert slept[0] >= 0.05


def test_one_inside_another(frozen: MockServer) -> None:
    """The inner one gets the sleeps, and afterwards the outer one again."""
    outer_heard: list[float] = []
    with VirtualTime(outer_heard.append):
        with frozen.clock.virtual() as inner:
            time.sleep(10)
        time.sleep(20)
    assert inner.slept == [10]
    assert outer_heard == [20]
    assert time.sleep is REAL[0]


def test_a_late_name_goes_back_to_real_time() -> None:
    """Who imported sleep while it was virtual has a working one afterwards."""
    with VirtualTime(lambda _: None) as virtual:
        late = time.sleep
    late(0.002)
    assert virtual.slept == []


def test_trio_may_come_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trio that is imported only inside is virtual too, and nothing is left behind."""
    for name in [name for name in sys.modules if name == "trio" or name.startswith("trio.")]:
        monkeypatch.delitem(sys.modules, name)
    finders = list(sys.meta_path)
    with VirtualTime(lambda _: None) as virtual:
        import trio as late

        late.run(late.sleep, 600)
    assert virtual.slept == [600]
    assert sys.meta_path == finders


def test_nobody_listens() -> None:
    """Virtual time goes on when the server is gone."""
    with MockServer("http://127.0.0.1:9").clock.virtual() as virtual:
        time.sleep(600)
    assert virtual.slept == [600]


@pytest.mark.parametrize("slept", ["1", True, -1, 1e12])
def test_a_wrong_sleep_is_refused(server: MockServer, slept: object) -> None:
    """The control API says what is wrong with it."""
    with pytest.raises(RuntimeError, match=r"^slept: "):
        server.call("POST", "clock", {"slept": slept})
