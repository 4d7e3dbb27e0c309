"""How often a program tries again: not at all, too often, in two layers, or where it is no use."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.failures import (
    OVERLOADED,
    UNCHANGEABLE,
    also_changed,
    passing,
    settled,
    spent,
    unanswered,
    wanted,
    what_happened,
)
from claudemock_contracts.rules.following import SOON, elsewhere
from claudemock_contracts.transcript import Call, Chain, LogicalCall, Tally, Transcript, rewritten
from claudemock_contracts.transcript.told import pause

_MOST_ATTEMPTS = 10
_ONE_BUDGET = 300.0  # seconds: a job that is run again later than that has a budget of its own
_CLIENT = ("authorization", "x-api-key", "anthropic-beta", "anthropic-version", "user-agent", "x-stainless-async")


def not_retried(story: Transcript) -> Iterator[Outcome]:
    """R03."""
    if story.oracles.expected_error:
        return
    for logical, calls in wanted(story):
        first = calls[0]
        if not passing(first.exchange) or first.exchange.retry_count:
            continue
        if len(calls) > 1 or elsewhere(story, first) is not None:
            yield EXERCISED
            continue
        if settled(story, first.exchange):
            yield EXERCISED
            yield _given_up(story, logical, first)
        else:
            yield Observation(
                kind="recording ends",
                expected="another attempt, or the same messages to another model",
                actual=f"{what_happened(first.exchange)}, and the recording ends before one could have come",
                at=first.exchange,
                verdict="inconclusive",
            )


def _given_up(story: Transcript, logical: LogicalCall, call: Call) -> Observation:
    following = next((other for other in story.calls[call.number + 1 :]), None)
    raised = [outcome.error for outcome in story.oracles.outcomes if outcome.kind == "raised"]
    if raised:
        then = f"the program ended with {fragment(raised[-1])}"
    elif following is not None:
        then = f"the program went on with another request ({following.id})"
    else:
        then = "nothing followed"
    cause = ""
    if call.exchange.retry_count == 0:
        cause = "; the SDK's own retries are off (max_retries=0)"
    elif call.exchange.retry_count is None and "x-stainless-lang" not in call.exchange.headers:
        cause = "; it is no SDK's request, so nothing retries by itself"
    return Observation(
        kind="no answer" if unanswered(call.exchange) else f"{call.exchange.status} given up",
        expected="another attempt after a pause, or the same messages to another model",
        actual=f"{what_happened(call.exchange)} after {logical.tally}; {then}{cause}",
        at=call.exchange,
        also=[] if following is None else [following.exchange],
        details={"attempts": 1, "sdk_retries_off": call.exchange.retry_count == 0},
    )


def amplified(story: Transcript) -> Iterator[Outcome]:
    """R16."""
    for logical, calls in wanted(story):
        if not _turned_away(calls[0]):
            continue
        for attempts in _budgets(logical):
            tally = attempts.tally
            if tally.requests < 2:
                continue
            yield EXERCISED
            layered = _layered(attempts)
            if not layered and tally.requests <= _MOST_ATTEMPTS:
                continue
            waits = [gap.seconds for gap in attempts.gaps if gap.seconds is not None]
            yield Observation(
                kind="layers" if layered else "many",
                expected=f"one retry budget for one call: 2 to 8 attempts, no more than {_MOST_ATTEMPTS}",
                actual=f"{tally} for the same prompt, {'' if attempts.succeeded else 'none of them answered, '}"
                f"in {sum(waits):.1f} s{also_changed(calls)}",
                at=attempts.exchanges[0],
                also=[chain.exchanges[0] for chain in attempts.chains[1:]] or attempts.exchanges[1:],
                fix=None if layered else "Bound the attempts (2 to 8), then fail in a way that the user is told of.",
                details={"chains": list(tally.chains), "requests": tally.requests},
            )


def _turned_away(call: Call) -> bool:
    exchange = call.exchange
    if exchange.status in (408, 409, 429, *OVERLOADED):
        return True
    return unanswered(exchange) or (exchange.failed and exchange.status is not None and exchange.status < 400)


def _budgets(logical: LogicalCall) -> Iterator[LogicalCall]:
    """A logical call's attempts, parted where one came so late that somebody must have started it anew."""
    part = LogicalCall(failures=logical.failures)
    for chain in logical.chains:
        if part.chains:
            gap = pause(part.last, chain.exchanges[0])
            if gap is not None and gap > _ONE_BUDGET:
                yield part
                part = LogicalCall(failures=logical.failures)
        part.chains.append(chain)
    yield part


def _layered(attempts: LogicalCall) -> bool:
    """Whether a program retries what an SDK has retried already.

    A restart after a stream that broke off is no second layer: there the SDK does nothing.
    """
    run: list[int] = []
    for chain in attempts.chains:
        run.append(len(chain.exchanges))
        if len(run) > 1 and max(run) > 1:
            return True
        last = chain.exchanges[-1]
        if last.status is not None and last.status < 400:
            run = []
    return False


def pointless(story: Transcript) -> Iterator[Outcome]:
    """R17."""
    for _, calls in wanted(story):
        repeats: list[Call] = []
        for earlier, later in zip(calls, [*calls[1:], None], strict=True):
            if not _final(earlier):
                continue
            yield EXERCISED
            if later is not None and _unchanged(earlier, later):
                repeats.append(later)
        allowed = 1 if calls[0].exchange.status == 401 and _masked(calls[0].exchange) else 0
        if len(repeats) > allowed:
            yield _repeated(calls, repeats)
    yield from _everywhere(story)


def _final(call: Call) -> bool:
    """Whether the answer says that this very request will never do."""
    refused = call.refused
    if refused is None or refused.status not in UNCHANGEABLE or refused.should_retry:
        return False
    return not (refused.status == 400 and "not valid json" in refused.message.lower())


def _masked(exchange: Exchange) -> bool:
    """Whether a recorder hid the credential, so that a fresh one cannot be told from the old one."""
    shown = exchange.headers.get("x-api-key") or exchange.headers.get("authorization") or ""
    return "…" in shown or "***" in shown or "redacted" in shown.lower() or not shown


def _unchanged(earlier: Call, later: Call) -> bool:
    one, two = earlier.exchange, later.exchange
    gap = pause(one, two)
    if gap is not None and gap > SOON:
        return False
    same = all(one.headers.get(name) == two.headers.get(name) for name in _CLIENT) and one.query == two.query
    return same and (one.body == two.body or rewritten(earlier, later) is not None)


def _repeated(calls: Sequence[Call], repeats: Sequence[Call]) -> Observation:
    first = calls[0]
    tally = Tally((len(repeats) + 1,) if first.exchange.retry_count is not None else (1,) * (len(repeats) + 1))
    status = first.exchange.status
    timed = all(pause(one.exchange, two.exchange) is not None for one, two in pairwise(calls))
    return Observation(
        kind=f"{status} again",
        expected=f"no further attempt with the same request after {status}",
        actual=f"{tally.requests} times the same request; the answer was {status}: {fragment(_words(first))}"
        f"{also_changed(calls)}",
        at=repeats[0].exchange,
        also=[first.exchange, *(call.exchange for call in repeats[1:])],
        verdict=None if timed else "inconclusive",
        details={"requests": tally.requests, "status": status},
    )


def _everywhere(story: Transcript) -> Iterator[Outcome]:
    """The same refused messages sent to one model after the other."""
    seen: set[int] = set()
    for call in story.calls:
        why = _refusal(call)
        if why is None or call.number in seen:
            continue
        alike = [call]
        for other in story.calls[call.number + 1 : call.number + 20]:
            if _refusal(other) == why and other.model_name not in {each.model_name for each in alike}:
                gap = pause(alike[-1].exchange, other.exchange)
                if gap is not None and 0 <= gap <= SOON and other.messages == call.messages:
                    alike.append(other)
        if len(alike) < 3:
            continue
        seen.update(each.number for each in alike)
        yield Observation(
            kind="other models",
            expected="no further attempt with what two models refuse for the same reason",
            actual=f"the same messages were refused with {call.exchange.status} by "
            f"{', '.join(each.model_name for each in alike)}: {fragment(_words(call) or why)}",
            at=alike[1].exchange,
            also=[each.exchange for each in (alike[0], *alike[2:])],
            confidence="medium",
        )


def _refusal(call: Call) -> str | None:
    """Why it was refused, if the next model may say the same: the API's words without the model's name."""
    refused = call.refused
    if refused is None or not _final(call) or refused.status in (402, 404):
        return None
    if refused.status in (400, 422) and refused.message.startswith("messages"):
        return "messages"  # what they say is the same for every model, in whatever words
    return _words(call).replace(call.model_name, "") if call.model_name else _words(call)


def _words(call: Call) -> str:
    return call.refused.message if call.refused else ""


def spend_cap_retried(story: Transcript) -> Iterator[Outcome]:
    """R44."""
    for logical, calls in wanted(story):
        if not any(spent(call) for call in calls):
            continue
        yield EXERCISED
        later = list(_after_cap(story, logical))
        if not later:
            continue
        call = calls[0]
        code = call.refused.code if call.refused and call.refused.code else "billing_error"
        yield Observation(
            kind="spend cap retried",
            expected="to stop: more attempts do not bring the money back",
            actual=f"{logical.tally}, all after {code} ({call.exchange.status}); the SDK's own attempts cannot be "
            "avoided, these are the program's{also_changed(calls)}",
            at=later[0].exchanges[0],
            also=[call.exchange, *(chain.exchanges[0] for chain in later[1:])],
            details={"requests": logical.tally.requests, "code": code},
        )


def _after_cap(story: Transcript, logical: LogicalCall) -> Iterator[Chain]:
    """The chains of attempts that follow one that ended with the money spent."""
    for earlier, later in pairwise(logical.chains):
        call, gap = story.call(earlier.exchanges[-1]), pause(earlier.exchanges[-1], later.exchanges[0])
        if call is not None and spent(call) and (gap is None or gap <= _ONE_BUDGET):
            yield later
