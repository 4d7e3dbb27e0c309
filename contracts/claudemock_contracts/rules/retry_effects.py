"""What a second attempt does besides: text that is there twice, batches and files that exist twice, tools run twice."""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.failures import wanted
from claudemock_contracts.rules.following import followers, shortly_after
from claudemock_contracts.rules.kept import raised, returned
from claudemock_contracts.transcript import Call, LogicalCall, Transcript, named, rewritten, worked_again

_STEP = "Keep the results by tool_use_id, and retry the request alone, not the step that runs the tools."
_MINTED = frozenset({"uuid", "id", "digest"})
_MAKES = {"/v1/messages/batches": "batch", "/v1/files": "file"}


def duplicated(story: Transcript) -> Iterator[Outcome]:
    """R42."""
    for logical, calls in wanted(story):
        partial, whole = _broken(calls), calls[-1] if logical.succeeded else None
        if not partial or whole is None or whole.served is None:
            continue
        heard = [text for text, _ in returned(story)]
        twice = list(_both(story, partial, whole))
        for said in _beginnings(partial):
            twice += _joined(story, whole, said)
            if any(_is_both(text, said, whole.served.text) for text in heard):
                twice.append(_doubled(whole, said, "what the program returned", whole.exchange))
        yield from twice[:1]
        if not twice and not followers(story, whole) and not heard and raised(story) is None:
            yield Observation(
                kind="not observable",
                expected="what came before the stream broke off is thrown away",
                actual="the request was sent again; what the program made of both answers is not known",
                at=whole.exchange,
                also=[call.exchange for call in partial],
                verdict="inconclusive",
            )
        else:
            yield EXERCISED


def _broken(calls: Sequence[Call]) -> list[Call]:
    """The attempts that had begun to answer, and broke off."""
    return [call for call in calls[:-1] if call.served is not None and call.failed and call.served.content]


def _beginnings(partial: Sequence[Call]) -> list[str]:
    """What a program may have kept of failed attempts: all they had said, or what one of them had."""
    said = [call.served.text for call in partial if call.served]
    return [text for text in dict.fromkeys(["".join(said), *said]) if text.strip()]


def _joined(story: Transcript, whole: Call, said: str) -> Iterator[Observation]:
    """Assistant turns of later requests that hold both texts."""
    if whole.served is None:
        return
    for later in shortly_after(story, whole):
        for turn in later.fresh_turns:
            if turn.role == "assistant" and _is_both(turn.text, said, whole.served.text):
                yield _doubled(whole, said, later.where(turn.first), later.exchange)
                return


def _is_both(text: str, partial: str, whole: str) -> bool:
    """Whether a text is the partial one with the whole one behind it, blanks aside."""
    return "".join(text.split()) == "".join((partial + whole).split())


def _doubled(whole: Call, said: str, place: str, at: Exchange) -> Observation:
    again = whole.served.text if whole.served else ""
    return Observation(
        kind="text twice",
        expected=f"the second attempt's answer alone: {fragment(again)}",
        actual=f"{place} begins with what the failed attempt had said: {fragment(said + again)}",
        at=at,
        path=place if place.startswith("messages") else "",
        also=[] if at is whole.exchange else [whole.exchange],
    )


def _both(story: Transcript, partial: Sequence[Call], whole: Call) -> Iterator[Observation]:
    """Tool calls of a failed attempt in the history, beside those of the good one or instead of them."""
    lost = {name: call for call in partial if call.served for name in call.served.tool_ids}
    good = set(whole.served.tool_ids) if whole.served else set()
    for name in good:
        lost.pop(name, None)
    if not lost:
        return
    for later in shortly_after(story, whole):
        for turn in later.fresh_turns:
            parts = [part for part in turn.of("tool_use") if named(part.block, "id") in lost]
            if parts and turn.role == "assistant" and any(named(p.block, "id") in good for p in turn.of("tool_use")):
                part = parts[0]
                yield Observation(
                    kind="call twice",
                    expected="the tool calls of the second attempt alone",
                    actual=f"the turn holds {part.block.get('id')!r} ({part.block.get('name')}) of the attempt that "
                    "broke off, and the calls of the good one",
                    at=later.exchange,
                    path=later.where(part.message, part.position),
                    also=[lost[part.block["id"]].exchange, whole.exchange],
                )
                return


def side_effects(story: Transcript) -> Iterator[Outcome]:
    """R43."""
    yield from _made_twice(story)
    yield from _run_twice(story)
    yield from _changed(story)


def _made_twice(story: Transcript) -> Iterator[Outcome]:
    lost: dict[bytes, Exchange] = {}
    looks = {exchange.endpoint: number for number, exchange in enumerate(story.exchanges) if exchange.method == "GET"}
    for number, exchange in enumerate(story.exchanges):
        what = _MAKES.get(exchange.endpoint)
        if what is None:
            continue
        if exchange.method != "POST":
            lost = {key: each for key, each in lost.items() if each.endpoint != exchange.endpoint}  # it looked
            continue
        key = _unbounded(exchange)
        earlier = lost.pop(key, None)
        if earlier is not None:
            yield EXERCISED
            if not exchange.retry_count or looks.get(exchange.endpoint, -1) < number:
                yield _made(earlier, exchange, what)
        if exchange.status is None or (exchange.status < 400 and exchange.ended in ("cut", "reset", "client_gone")):
            lost[key] = exchange


def _unbounded(exchange: Exchange) -> bytes:
    """What equal requests have in common; for a form without the boundary, which is made anew each time."""
    kind, body = exchange.headers.get("content-type", ""), exchange.body
    _, found, boundary = kind.partition("boundary=")
    if found and isinstance(body, str):
        return body.replace(boundary.strip('" '), "").encode("utf-8", "replace")
    return exchange.digest()


def _made(earlier: Exchange, later: Exchange, what: str) -> Observation:
    by_sdk = bool(later.retry_count)
    answer = earlier.response if earlier.response is not None else earlier.intended
    name = answer.get("id") if isinstance(answer, dict) else None
    accepted = earlier.status is not None or name is not None
    who = "the SDK" if by_sdk else "the program"
    known = f"had been accepted{f' ({name})' if name else ''}" if accepted else "may have been accepted"
    listing = "GET " + earlier.endpoint
    return Observation(
        kind=f"{what} again",
        expected=f"a look at {listing} before the {what} is created again",
        actual=f"the answer to the first request was lost, but it {known}; {who} sent the same once more",
        at=later,
        also=[earlier],
        verdict="violation" if accepted and not by_sdk else "warning",
        confidence="high" if accepted else "medium",
        fix=f"After a lost answer ask {listing} whether the {what} is there"
        + (f"; create {what}s with max_retries=0." if by_sdk else "."),
    )


def _run_twice(story: Transcript) -> Iterator[Outcome]:
    """Watched tools that ran more often than they were called, around a call that failed."""
    runs: dict[tuple[str, str], int] = {}
    for run in story.oracles.tools:
        key = (run.name, _spelled(run.input))
        runs[key] = runs.get(key, 0) + 1
    if not runs:
        return
    served: dict[tuple[str, str], list[tuple[Call, object]]] = {}
    for call in story.calls:
        for block in call.served.blocks("tool_use") if call.served else ():
            served.setdefault((str(block.get("name")), _spelled(block.get("input"))), []).append(
                (call, block.get("id"))
            )
    for key, asked in served.items():
        retried = next(filter(None, (_retried_after(story, call) for call, _ in asked)), None)
        if retried is None or key not in runs:
            continue
        yield EXERCISED
        if runs[key] > len(asked):
            yield Observation(
                kind="tool run again",
                expected=f"{key[0]} runs once for {asked[-1][1]!r}, and its result is sent again as it is",
                actual=f"it ran {runs[key]} times for {len(asked)} call(s), and the request behind it was retried",
                at=retried.exchanges[-1],
                also=[asked[-1][0].exchange, *retried.exchanges[:-1]],
                fix=_STEP,
            )


def _retried_after(story: Transcript, call: Call) -> LogicalCall | None:
    """The first call with several attempts that goes on from this one."""
    logical = (story.logical_call(later.exchange) for later in followers(story, call))
    return next((each for each in logical if len(each.exchanges) > 1), None)


def _changed(story: Transcript) -> Iterator[Outcome]:
    """Attempts that ask for something else than the attempt before them."""
    for logical, calls in wanted(story):
        if len(calls) > 1:
            yield EXERCISED
        by_sdk = {later.id for chain in logical.chains for later in chain.exchanges[1:]}
        pairs = [(one, two) for one, two in pairwise(calls) if one.key != two.key]
        for earlier, later in pairs[:1]:
            yield _ran_again(story, earlier, later) or _differs(story, earlier, later, by_sdk=later.id in by_sdk)


def _ran_again(story: Transcript, earlier: Call, later: Call) -> Observation | None:
    """The second attempt has other results for the same calls; None if they may be the first ones, written anew."""
    written = rewritten(earlier, later)
    if written and all(change.kind not in _MINTED for change in written):
        return None
    watched = {run.name for run in story.oracles.tools}
    found = [each for each in worked_again(earlier, later) if not each.cut and each.tool not in watched]
    if not found:
        return None
    return Observation(
        kind="tool run again",
        expected="a call runs once, and its result is sent again as it is",
        actual=f"between two attempts the tool ran again: {found[0]}",
        at=later.exchange,
        path=found[0].path,
        also=[earlier.exchange],
        confidence="medium",
        fix=_STEP,
    )


def _differs(story: Transcript, earlier: Call, later: Call, *, by_sdk: bool) -> Observation:
    """Within an SDK's call it cannot be meant; a program may render its prompt anew, which is worth a note."""
    known = rewritten(earlier, later)
    pairs = zip(earlier.messages, later.messages, strict=False)
    at = next((number for number, pair in enumerate(pairs) if not story.prompts.same(*pair)), None)
    names = (name for name in ("system", "tools", *later.body) if earlier.body.get(name) != later.body.get(name))
    path = f"messages.{at}" if at is not None else next(names, "")
    which = f"attempt {later.exchange.retry_count}" if by_sdk else "the attempt"
    what = f": {known[0]}" if known else f", first at {path or 'the headers'}"
    return Observation(
        kind="body changed",
        expected=f"all attempts of one {'SDK call' if by_sdk else 'call'} send the same body",
        actual=f"{which} differs from the one before it{what}",
        at=later.exchange,
        path=path,
        also=[earlier.exchange],
        verdict=None if by_sdk else "note",
        confidence="medium",
        fix="Render the request once, before the first attempt; leave out times and counters.",
    )


def _spelled(value: object) -> str:
    try:
        return json.dumps(value, sort_keys=True, default=str)
    except (TypeError, ValueError, RecursionError):
        return repr(value)
