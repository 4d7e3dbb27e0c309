"""Any course of creating, cancelling, waiting, polling and deleting, against a small model of what the API promises.

The model knows only the documentation: counts stay in `processing` until a batch has ended, add up to its requests and
never change afterwards; it ends at its duration, a day after its creation, or by being canceled; every request has one
result; what is deleted is gone.
"""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, precondition, rule

from claudemock.clock import rfc3339
from claudemock.control.client import MockServer
from claudemock.serving import serve
from tests.batches.bodies import PATH, counts, create, ends, poll, results
from tests.wire_client import send

DAY = 86_400
START = 1_800_000_000
BATCHES: Bundle[str] = Bundle("batches")


@dataclass
class Model:
    """One batch; `outcome` is how it has ended, once it has."""

    count: int
    created: int
    duration: int | None
    cancelled: int | None = None
    outcome: dict[str, int] | None = None

    def look(self, now: int, *, polled: bool = False) -> dict[str, int] | None:
        """The counts to be shown; None: it goes on."""
        if self.outcome is None:
            self.outcome = self._ended(now, polled=polled)
        return self.outcome

    def _ended(self, now: int, *, polled: bool) -> dict[str, int] | None:
        if self.cancelled is not None:
            return self._done(self.cancelled, "canceled")
        if self.duration is not None and self.duration <= DAY:
            return self._done(now, "") if now >= self.created + self.duration else None
        if now >= self.created + DAY:
            return self._done(self.created + DAY, "expired")
        return {"succeeded": self.count} if polled and self.duration is None else None

    def _done(self, at: int, rest: str) -> dict[str, int]:
        done = 0 if self.duration is None else self.count
        if self.duration:
            done = min(self.count, self.count * (at - self.created) // self.duration)
        return {name: number for name, number in (("succeeded", done), (rest, self.count - done)) if number}


class Machine(RuleBasedStateMachine):
    """A server with its state in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.server = self.start()
        self.now = START
        self.models: dict[str, Model] = {}
        self.stop_clock()

    def start(self) -> MockServer:
        """A running server."""
        return self.stack.enter_context(serve())

    def stop_clock(self) -> None:
        """The scope's time is the model's."""
        self.server.clock.freeze()
        self.server.clock.set(rfc3339(self.now))

    def teardown(self) -> None:
        """Stop the server."""
        self.stack.close()

    @rule(
        target=BATCHES,
        count=st.sampled_from([1, 2, 31, 33, 70]),
        duration=st.sampled_from([None, None, 0, 10, 3600, DAY, 3 * DAY]),
    )
    def create(self, count: int, duration: int | None) -> str:
        """A new batch goes on, whatever its duration."""
        self.server.batches.script(duration=duration)
        batch = create(self.server, count)
        assert batch["id"] not in self.models
        assert counts(batch) == {"processing": count}
        self.models[batch["id"]] = Model(count, self.now, duration)
        return str(batch["id"])

    @rule(seconds=st.sampled_from([1, 5, 600, 3600, DAY // 2, DAY]))
    def advance(self, seconds: int) -> None:
        """Time passes."""
        self.server.clock.advance(seconds)
        self.now += seconds

    @rule(batch=BATCHES)
    def poll(self, batch: str) -> None:
        """The client asks how far it is."""
        model = self.models.get(batch)
        if model is None:
            assert send(self.server, "GET", f"{PATH}/{batch}").status == 404
        else:
            self.check(poll(self.server, batch), model, model.look(self.now, polled=True))

    @rule(limit=st.integers(1, 4))
    def walk(self, limit: int) -> None:
        """Listing all pages is a poll of every batch, newest first."""
        seen: list[str] = []
        more, query = True, f"limit={limit}"
        while more:
            page = send(self.server, "GET", f"{PATH}?{query}").json
            for shown in page["data"]:
                model = self.models[shown["id"]]
                self.check(shown, model, model.look(self.now, polled=True))
            seen += [shown["id"] for shown in page["data"]]
            more, query = page["has_more"], f"limit={limit}&after_id={page['last_id']}"
        assert seen == list(self.models)[::-1]

    @rule(batch=BATCHES)
    def cancel(self, batch: str) -> None:
        """Possible until it has ended."""
        model = self.models.get(batch)
        answer = send(self.server, "POST", f"{PATH}/{batch}/cancel")
        if model is None:
            assert answer.status == 404
        elif model.look(self.now) is not None:
            assert answer.status == 400
        else:
            model.cancelled = self.now
            assert answer.json["processing_status"] == "canceling"
            assert counts(answer.json) == {"processing": model.count}

    @rule(batch=BATCHES)
    def results(self, batch: str) -> None:
        """They are there once it has ended, one for each request, and agree with the counts."""
        model = self.models.get(batch)
        outcome = None if model is None else model.look(self.now)
        if model is None or outcome is None or self.now >= model.created + 29 * DAY:
            assert send(self.server, "GET", f"{PATH}/{batch}/results").status == 404
            return
        found = ends(results(self.server, batch))
        assert found.keys() == {f"r-{number}" for number in range(model.count)}
        assert {end: list(found.values()).count(end) for end in found.values()} == outcome

    @rule(batch=consumes(BATCHES))
    def delete(self, batch: str) -> None:
        """Possible once it has ended; then it is gone."""
        model = self.models.get(batch)
        answer = send(self.server, "DELETE", f"{PATH}/{batch}")
        if model is not None and model.look(self.now) is not None:
            assert answer.json == {"id": batch, "type": "message_batch_deleted"}
            del self.models[batch]
            assert send(self.server, "GET", f"{PATH}/{batch}").status == 404
        else:
            assert answer.status == 400

    def check(self, shown: dict[str, Any], model: Model, outcome: dict[str, int] | None) -> None:
        """What is shown agrees with the model."""
        ended = outcome is not None
        assert shown["processing_status"] == ("ended" if ended else "in_progress")
        assert counts(shown) == (outcome if outcome is not None else {"processing": model.count})
        assert (shown["ended_at"] is not None, shown["results_url"] is not None) == (ended, ended)
        assert (shown["cancel_initiated_at"] is not None) == (model.cancelled is not None)
        assert (shown["archived_at"] is not None) == (self.now >= model.created + 29 * DAY)


class LastingMachine(Machine):
    """A server with its state in a file, which is stopped and started again in between."""

    def start(self) -> MockServer:
        """A server on the same file as the one before."""
        if not hasattr(self, "file"):
            folder = tempfile.TemporaryDirectory()
            self.stack.callback(folder.cleanup)
            self.file = Path(folder.name) / "state.db"
            self.running = self.stack.enter_context(ExitStack())
        return self.running.enter_context(serve(state=self.file))

    @precondition(lambda self: bool(self.models))
    @rule()
    def restart(self) -> None:
        """Nothing is lost but the clock, which the test sets again."""
        self.running.close()
        self.server = self.start()
        self.stop_clock()


TestInMemory = Machine.TestCase
TestInMemory.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestInAFile = LastingMachine.TestCase
TestInAFile.settings = settings(max_examples=8, stateful_step_count=25, deadline=None)
