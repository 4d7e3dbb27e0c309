"""Building a transcript: one pass over the exchanges, in time and memory linear in them."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.transcript.attempts import LogicalCall, logical_calls
from claudemock_contracts.transcript.batches import Batches
from claudemock_contracts.transcript.call import Call
from claudemock_contracts.transcript.files import Files
from claudemock_contracts.transcript.lineage import Lineage, Threads
from claudemock_contracts.transcript.prompts import Prompts, written_alike
from claudemock_contracts.transcript.rendered import Rendered
from claudemock_contracts.transcript.served import read_refused, read_served

_MESSAGES = "/v1/messages"
T = TypeVar("T")


class Transcript:
    """What happened in one scope. Rules read it and change nothing.

    `exchanges` is everything in order; `calls` the requests to /v1/messages; `lineages` the conversations among them;
    `logical_calls` groups all exchanges, other endpoints' too, into attempts at the same thing.
    """

    def __init__(self, scope: str, oracles: Oracles, prompts: Prompts) -> None:
        self.scope = scope
        self.oracles = oracles
        self.prompts = prompts
        self.exchanges: list[Exchange] = []
        self.calls: list[Call] = []
        self.lineages: list[Lineage] = []
        self.batches = Batches()
        self.files = Files()
        self.threads = Threads()
        self._calls: dict[str, Call] = {}
        self._lineages: dict[int, Lineage] = {}
        self._followers: dict[int, list[Call]] = {}
        self._once: dict[Callable[..., Any], Any] = {}

    @property
    def logical_calls(self) -> Sequence[LogicalCall]:
        """Everything the program wanted, each with all attempts at it, in the order of the first attempts."""
        return self.once(_attempts)[0]

    def call(self, exchange: Exchange | str) -> Call | None:
        """The call an exchange is; None for other endpoints."""
        return self._calls.get(exchange if isinstance(exchange, str) else exchange.id)

    def logical_call(self, exchange: Exchange) -> LogicalCall:
        """The attempts an exchange belongs to."""
        return self.once(_attempts)[1][exchange.id]

    def followers(self, call: Call) -> Sequence[Call]:
        """The calls that go on from this one's answer."""
        return self._followers.get(call.number, ())

    def lineage(self, call: Call) -> Lineage:
        """The conversation a call belongs to."""
        return self._lineages[call.root.number]

    def once(self, study: Callable[["Transcript"], T]) -> T:
        """What `study` makes of this transcript, made once however many rules ask."""
        if study not in self._once:
            self._once[study] = study(self)
        found: T = self._once[study]
        return found

    def add(self, exchange: Exchange) -> None:
        """Take in the next exchange, in the order they began."""
        self.exchanges.append(exchange)
        self.batches.take(exchange)
        self.files.take(exchange)
        if exchange.method == "POST" and exchange.endpoint == _MESSAGES:
            self._add_call(exchange)

    def _add_call(self, exchange: Exchange) -> None:
        body = exchange.json()
        own = body.get("messages")
        messages: list[Any] = own if isinstance(own, list) else []
        continued = self.threads.thread_of(body)
        before: list[Any] = []
        if continued is not None and continued.served is not None:
            before = [*continued.messages, {"role": "assistant", "content": list(continued.served.content)}]
        call = Call(
            exchange=exchange,
            number=len(self.calls),
            body=body,
            messages=[*before, *messages] if before else messages,
            served=read_served(exchange),
            refused=read_refused(exchange),
            offset=len(before),
            prompts=self.prompts,
        )
        self._link(call)
        self.files.refer(call)
        self.calls.append(call)
        self._calls[exchange.id] = call
        self.threads.served(call)

    def _link(self, call: Call) -> None:
        found = self.threads.previous_of(call.body)
        if found is None:
            lineage = Lineage()
            self.lineages.append(lineage)
            self._lineages[call.number] = lineage
        else:
            call.previous, call.link = found
            call.root = call.previous.root
            self._followers.setdefault(call.previous.number, []).append(call)
            lineage = self._lineages[call.root.number]
            call.alike, call.fresh = self._shared(call.previous.messages, call.messages)
        lineage.calls.append(call)

    def _shared(self, earlier: Sequence[Any], later: Sequence[Any]) -> tuple[int, int]:
        """How many messages both begin with: written alike, and the same to the model."""
        same, alike = self.prompts.same, -1
        for number, (one, other) in enumerate(zip(earlier, later, strict=False)):
            if not written_alike(one, other):
                alike = number if alike < 0 else alike
                if not same(one, other):
                    return alike, number
        shorter = min(len(earlier), len(later))
        return shorter if alike < 0 else alike, shorter


def _attempts(transcript: Transcript) -> tuple[Sequence[LogicalCall], Mapping[str, LogicalCall]]:
    """The logical calls, and of which one each exchange is an attempt."""

    def place(exchange: Exchange) -> Hashable:
        call = transcript.call(exchange)
        asked = None if call is None else (call.model_name, len(call.messages))
        return exchange.method, exchange.endpoint, asked

    def key(exchange: Exchange) -> bytes:
        call = transcript.call(exchange)
        return exchange.digest() if call is None else call.key

    def failed(exchange: Exchange) -> bool:
        call = transcript.call(exchange)
        return exchange.failed if call is None else call.failed

    changed = Rendered(transcript.call, transcript.followers)
    found = logical_calls(transcript.exchanges, place=place, key=key, failed=failed, changed=changed)
    return found, {exchange.id: call for call in found for exchange in call.exchanges}


def read_transcript(
    exchanges: Iterable[Exchange], *, oracles: Oracles | None = None, prompts: Prompts | None = None
) -> Transcript:
    """The transcript of one scope's exchanges, given in any order; those without a time stay where they are."""
    found = list(exchanges)
    if all(exchange.started is not None for exchange in found):
        found.sort(key=lambda exchange: exchange.started or 0.0)
    transcript = Transcript(found[0].scope if found else "default", oracles or Oracles(), prompts or Prompts())
    for exchange in _named_apart(found):
        transcript.add(exchange)
    return transcript


def _named_apart(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """The exchanges with ids of their own: those of two journals may be the same, and some recordings have none."""
    times: dict[str, int] = {}
    for exchange in exchanges:
        name = exchange.id
        while name in times:
            times[exchange.id] += 1
            name = f"{exchange.id} ({times[exchange.id]})"
        times[name] = 1
        yield exchange if name == exchange.id else replace(exchange, id=name)
