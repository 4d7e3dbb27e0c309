"""The book of faults against a small reference, over any sequence of arming, asking and settling."""

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from claudemock.faults.book import Asked, FaultBook
from claudemock.faults.spec import parse_fault

NAMES = ("overloaded", "error_event", "cut")


class Reference:
    """What one armed fault should do, told as plainly as possible."""

    def __init__(self, fault_id: str, given: dict[str, Any], now: float) -> None:
        self.id = fault_id
        self.name = given["fault"]
        self.left = given.get("times", None if "for_seconds" in given or "first_of_conversation" in given else 1)
        self.until = now + given["for_seconds"] if "for_seconds" in given else None
        self.nth = given.get("nth")
        self.first = given.get("first_of_conversation")
        self.fitted = self.fired = 0
        self.met: Counter[bytes] = Counter()

    def takes(self, stream: bool, conversation: bytes, now: float) -> bool:
        """Whether the request is one of those meant."""
        over = self.until is not None and now >= self.until
        if self.left == 0 or over or (self.name == "error_event" and not stream):
            return False
        self.fitted += 1
        if self.nth is not None and self.fitted != self.nth:
            return False
        if self.first is not None:
            self.met[conversation] += 1
            if self.met[conversation] > self.first:
                return False
        return True


class Books(RuleBasedStateMachine):
    """Arm, ask, settle, disarm, let time pass."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.book = FaultBook((), b"seed", self.now)
        self.reference: list[Reference] = []
        self.asked = 0
        self.open: list[tuple[list[Any], list[Reference]]] = []

    @rule(
        name=st.sampled_from(NAMES),
        more=st.fixed_dictionaries(
            {},
            optional={
                "times": st.integers(1, 3),
                "nth": st.integers(1, 3),
                "for_seconds": st.integers(1, 5),
                "first_of_conversation": st.integers(1, 2),
            },
        ),
    )
    def arm(self, name: str, more: dict[str, Any]) -> None:
        """Arm one fault."""
        given = {"fault": name, **more}
        if "nth" in given:
            given["times"] = 1
        (fault_id,) = self.book.add([parse_fault(given)], self.now)
        self.reference.append(Reference(fault_id, given, self.now))

    @rule(stream=st.booleans(), conversation=st.sampled_from([b"a", b"b"]))
    def ask(self, stream: bool, conversation: bytes) -> None:
        """One request comes."""
        self.asked += 1
        source = str(self.asked).encode()
        asked = Asked(
            path="/v1/messages", stream=stream, source=source, body=b"", conversation=conversation, facts=lambda: None
        )
        strikes = self.book.choose(asked, self.now)
        wanted: list[Reference] = []
        for each in self.reference:
            answered = any(other.name == "overloaded" for other in wanted)
            if each.takes(stream, conversation, self.now) and not (each.name == "overloaded" and answered):
                each.left = None if each.left is None else each.left - 1
                wanted.append(each)
        assert [strike.id for strike in strikes] == [each.id for each in wanted]
        self.open.append((strikes, wanted))

    @rule(number=st.integers(0, 9), acted=st.lists(st.booleans(), min_size=9, max_size=9))
    def settle(self, number: int, acted: list[bool]) -> None:
        """One exchange ends; of its faults some acted."""
        if not self.open:
            return
        strikes, wanted = self.open.pop(number % len(self.open))
        for strike, each, did in zip(strikes, wanted, acted, strict=False):
            if did:
                strike.sent = "something"
                each.fired += 1
            elif each.left is not None:
                each.left += 1
        for each in wanted[len(acted) :]:
            each.left = None if each.left is None else each.left + 1
        self.book.settle(strikes)

    @rule(number=st.integers(0, 9))
    def disarm(self, number: int) -> None:
        """One fault is taken back."""
        if self.reference:
            gone = self.reference.pop(number % len(self.reference))
            assert self.book.remove(gone.id)
        assert not self.book.remove("fault_0")

    @rule(seconds=st.integers(1, 3))
    def pass_time(self, seconds: int) -> None:
        """The clock goes on."""
        self.now += seconds

    @invariant()
    def agrees(self) -> None:
        """Counters agree, and the quick check never overlooks a fault that could act."""
        told = {entry.id: (entry.left, entry.fired) for entry in self.book}
        assert told == {each.id: (each.left, each.fired) for each in self.reference}
        could = any(each.left != 0 and not (each.until and self.now >= each.until) for each in self.reference)
        assert self.book.armed or not could


TestBooks = Books.TestCase
