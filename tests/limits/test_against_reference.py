"""The limiter and the exact reference agree on every decision, wait and header, whatever is sent and when."""

from datetime import datetime
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, rule

from claudemock.engine.limits import Admitted, Limiter, Refused
from claudemock.engine.tiers import Endpoint, Family
from tests.limits.reference import Level, shown
from tests.limits.small import MODELS, OPUS, ORGANIZATION, TIER, named

START = 1_795_000_000_000_000  # microseconds
Numbers = tuple[int, int, int]
Sent = tuple[str, str | None, int, Admitted]  # model, speed, prompt


def read(headers: dict[str, str], group: str) -> Numbers:
    """One group of headers."""
    reset = datetime.fromisoformat(headers[f"{group}-reset"])
    return int(headers[f"{group}-limit"]), int(headers[f"{group}-remaining"]), int(reset.timestamp())


class Limits(RuleBasedStateMachine):
    """Two limiters side by side."""

    running = Bundle("running")

    @initialize(fraction=st.integers(0, 999_999))
    def begin(self, fraction: int) -> None:
        """Both start full, anywhere in a second."""
        self.limiter = Limiter(TIER)
        self.microseconds = START + fraction
        self.levels: dict[str, Level] = {}

    @property
    def now(self) -> float:
        """As the scope's clock says it."""
        return self.microseconds / 1_000_000

    @property
    def exactly(self) -> Fraction:
        """The same without rounding."""
        return Fraction(self.microseconds, 1_000_000)

    def level(self, name: str, limit: int) -> Level:
        """The reference for one limit."""
        return self.levels.setdefault(name, Level(limit))

    def three(self, family: Family, speed: str | None) -> tuple[Level, Level, Level]:
        """The reference for requests, input and output."""
        limits = family.fast if speed else family.limit
        return (
            self.level(f"{family.name} requests", family.limit.requests),
            self.level(f"{family.name} {speed} input", limits.input_tokens),
            self.level(f"{family.name} {speed} output", limits.output_tokens),
        )

    def check_refusal(self, refused: Refused, wants: tuple[tuple[Level, int], ...]) -> None:
        """It passes after the seconds named and not one earlier; without any, it never would."""

        def passes(seconds: int) -> bool:
            return all(level.look(self.exactly + seconds) >= units for level, units in wants)

        if refused.retry_after is None:
            assert any(units > level.limit for level, units in wants)
            assert not passes(86_400)
        else:
            assert refused.retry_after >= 1
            assert passes(refused.retry_after)
            assert not passes(refused.retry_after - 1)
        assert refused.limit == next(level.limit for level, units in wants if level.look(self.exactly) < units)

    @rule(
        target=running,
        name=st.sampled_from(sorted(MODELS)),
        tokens=st.one_of(st.integers(0, 3_000), st.integers(0, 40_000)),
        cached=st.integers(0, 40_000),
        fast=st.booleans(),
    )
    def send(self, name: str, tokens: int, cached: int, fast: bool) -> object:
        """One message request."""
        model = MODELS[name]
        family = TIER.family(model.id)
        speed = "fast" if fast and model.fast_mode in ("beta", "ga") else None
        charged = tokens if family.counts_cache_reads else max(0, tokens - cached)
        requests, given_, made = self.three(family, speed)
        wants = ((requests, 1), (given_, charged), (made, 1))
        fits = [level.look(self.exactly) >= units for level, units in wants]
        answer = self.limiter.admit(
            model, self.now, tokens, cached=cached, speed="fast" if fast else None, workspace="w"
        )
        assert isinstance(answer, Admitted) == all(fits)
        if isinstance(answer, Refused):
            self.check_refusal(answer, wants)
            return multiple()
        requests.take(1, self.exactly)
        given_.take(charged, self.exactly)
        return (name, speed, tokens, answer)

    @rule(each=running)
    def show(self, each: Sent) -> None:
        """Headers say what the reference knows."""
        name, speed, _, admitted = each
        family = TIER.family(name)
        headers = named(self.limiter.headers(admitted, self.now))
        requests, given_, made = self.three(family, speed)
        assert read(headers, "ratelimit-requests") == shown(requests, self.exactly, tokens=False)
        expected = [shown(level, self.exactly, tokens=True) for level in (given_, made)]
        kind = "fast" if speed else "ratelimit"
        assert [read(headers, f"{kind}-{name}-tokens") for name in ("input", "output")] == expected
        if not speed:
            both = (
                expected[0][0] + expected[1][0],
                expected[0][1] + expected[1][1],
                min(expected[0][2], expected[1][2]),
            )
            assert read(headers, "ratelimit-tokens") == both

    @rule(each=consumes(running), output=st.integers(0, 20_000), cached=st.none() | st.integers(0, 40_000))
    def finish(self, each: Sent, output: int, cached: int | None) -> None:
        """The reply is made."""
        name, speed, tokens, admitted = each
        family = TIER.family(name)
        _, given_, made = self.three(family, speed)
        self.limiter.settle(admitted, self.now, output, cached=cached)
        made.take(output, self.exactly)
        if cached is not None and not family.counts_cache_reads:
            given_.take(max(0, tokens - cached) - admitted.charged, self.exactly)

    @rule(endpoint=st.sampled_from(["count_tokens", "batches", "files"]))
    def count(self, endpoint: Endpoint) -> None:
        """One request to an endpoint with a requests limit only."""
        level = self.level(endpoint, TIER.endpoints[endpoint])
        fits = level.look(self.exactly) >= 1
        refused = self.limiter.admit_request(endpoint, self.now, workspace="w")
        assert (refused is None) == fits
        if refused is None:
            level.take(1, self.exactly)
        else:
            self.check_refusal(refused, ((level, 1),))

    @rule(microseconds=st.one_of(st.integers(0, 2_000_000), st.integers(0, 90_000_000)))
    def wait(self, microseconds: int) -> None:
        """Time passes."""
        self.microseconds += microseconds

    @rule(microseconds=st.integers(0, 30_000_000))
    def turn_back(self, microseconds: int) -> None:
        """Somebody sets the clock back."""
        self.microseconds -= microseconds


Limits.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
test_limits = Limits.TestCase


@given(
    st.lists(st.tuples(st.integers(0, 20_000_000), st.integers(1, 31_000)), min_size=1, max_size=60),
)
def test_never_more_than_capacity_and_refill(calls: list[tuple[int, int]]) -> None:
    """In any stretch of time, what was admitted is at most a full bucket and what flowed in since."""
    limiter, at = Limiter(TIER), START
    admitted: list[tuple[int, int]] = []
    for pause, tokens in calls:
        at += pause
        if isinstance(limiter.admit(OPUS, at / 1_000_000, tokens, workspace="w"), Admitted):
            admitted.append((at, tokens))
    for index, (begin, _) in enumerate(admitted):
        for end in range(index, len(admitted)):
            flowed = Fraction(admitted[end][0] - begin, 60_000_000)
            assert sum(tokens for _, tokens in admitted[index : end + 1]) <= 30_000 * (1 + flowed)
            assert end - index + 1 <= 50 * (1 + flowed)


@given(st.integers(1, 30_000), st.integers(0, 999_999), st.integers(1, 8_000))
def test_waiting_as_told_is_enough(tokens: int, fraction: int, output: int) -> None:
    """A client that obeys retry-after to the second is served, wherever in a second it asked."""
    limiter, now = Limiter(TIER), (START + fraction) / 1_000_000
    answer = limiter.admit(OPUS, now, 30_000, workspace="w")
    assert isinstance(answer, Admitted)
    limiter.settle(answer, now, output)
    refused = limiter.admit(OPUS, now, tokens, workspace="w")
    assert isinstance(refused, Refused)
    seconds = int(refused.error(ORGANIZATION).headers["retry-after"])
    assert isinstance(limiter.admit(OPUS, now + seconds, tokens, workspace="w"), Admitted)
