"""Judging headers and parameters that a version or a model no longer takes (R59, R66)."""

from collections.abc import Iterator

from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.asked import Asked, asked, betas_of, day_of, inner
from claudemock_contracts.transcript import Transcript, parts_of, role_of

_REFUSED = 400
_SAMPLING = (("temperature", 1), ("top_p", 1), ("top_k", None))  # with the value that every model takes
_CONTINUED = ("server_tool_use", "mcp_tool_use", "compaction", "fallback")


def removed(story: Transcript) -> Iterator[Outcome]:
    """R59."""
    for request in asked(story):
        version = request.exchange.headers.get("anthropic-version")
        if version is not None or request.exchange.status == _REFUSED:
            yield EXERCISED
        yield from _no_version(request)
        yield from _gone(story, request, version)
        yield from _not_taken(story, request, version)
        yield from _prefill(request)
        if "disable_parallel_tool_use" in request.body:
            yield _field(
                request, "misplaced", "disable_parallel_tool_use", "disable_parallel_tool_use stands in tool_choice"
            )
    yield from _betas(story)


def _no_version(request: Asked) -> Iterator[Observation]:
    """Only where the API complained: recordings are often stripped of their headers."""
    exchange, refused = request.exchange, request.call.refused if request.call else None
    missing = "anthropic-version" not in exchange.headers and exchange.headers
    if missing and refused is not None and refused.status == _REFUSED and "anthropic-version" in refused.message:
        yield Observation(
            kind="no version",
            expected="every request has the header anthropic-version",
            actual="it has none",
            at=exchange,
            path="headers.anthropic-version",
        )


def _gone(story: Transcript, request: Asked, version: str | None) -> Iterator[Observation]:
    rules = story.prompts.catalog.versions.get(version or "")
    if rules is None:
        return
    for name in rules.removed_fields:
        if request.body.get(name) is not None:
            yield _field(request, "removed", name, f"version {version} has no {name}")
    if rules.removed_placements:
        yield from _misplaced(request, rules.removed_placements, version)


def _not_taken(story: Transcript, request: Asked, version: str | None) -> Iterator[Observation]:
    """What the model refuses, where it is known and did not take it all the same."""
    if not request.known or (request.call is not None and request.call.ok):
        return
    body, model = request.body, request.model
    rules = story.prompts.catalog.versions.get(version or "")
    if model.sampling == "deprecated":
        for name, default in _SAMPLING:
            told = rules is not None and name in rules.removed_fields
            if not told and body.get(name) is not None and body[name] != default:
                yield _field(request, "not taken", name, f"{model.id} takes no {name}")
    choice = inner(body, "tool_choice").get("type")
    if choice in ("any", "tool") and not model.forced_tool_choice:
        yield _field(request, "not taken", "tool_choice.type", f"{model.id} takes tool_choice auto and none")


def _misplaced(request: Asked, placements: tuple[str, ...], version: str | None) -> Iterator[Observation]:
    """Blocks, and fields of blocks, where the version takes none: `messages.ROLE.content.BLOCK[.FIELD]`."""
    messages = request.body.get("messages")
    fresh = request.call.fresh - request.call.offset if request.call else 0
    listed = messages if isinstance(messages, list) else []
    for number in range(max(fresh, 0), len(listed)):
        for part in parts_of(listed[number], number):
            for placement in placements:
                role, kind, field = _taken_apart(placement)
                if role == role_of(listed[number]) and kind == part.kind and (not field or part.block.get(field)):
                    place = f"messages.{number}.content.{part.position}" + (f".{field}" if field else "")
                    yield _field(
                        request, "misplaced", place, f"version {version} takes no {field or kind} of the {role}"
                    )


def _taken_apart(placement: str) -> tuple[str, str, str]:
    _, role, _, kind, *field = placement.split(".")
    return role, kind, field[0] if field else ""


def _prefill(request: Asked) -> Iterator[Observation]:
    """A final assistant message, which newer models refuse unless a paused turn goes on."""
    messages = request.body.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    if role_of(last) != "assistant" or not request.known or request.model.prefill:
        return
    parts = list(parts_of(last, 0))
    kind = parts[-1].kind if parts else ""
    earlier = request.call.previous.served if request.call and request.call.previous else None
    paused = earlier is not None and earlier.stop_reason == "pause_turn"
    if paused or kind in _CONTINUED or kind.endswith("_tool_result") or request.body.get("fallback_credit_token"):
        return
    place = f"messages.{len(messages or ()) - 1}"
    yield _field(request, "prefill", place, f"{request.model.id} takes no prefill; the last message is the user's")


def _field(request: Asked, kind: str, place: str, expected: str) -> Observation:
    return Observation(
        kind=kind if kind in ("prefill", "misplaced") else f"{kind} {place}",
        expected=expected,
        actual=f"the request has {place}" if kind != "prefill" else "the last message is the assistant's",
        at=request.exchange,
        path=request.where(place),
    )


def _betas(story: Transcript) -> Iterator[Observation]:
    known = story.prompts.catalog.betas
    for exchange in story.exchanges:
        values = betas_of(exchange)
        double = sorted({value for value in values if values.count(value) > 1})
        unknown = [value for value in values if value not in known]
        for kind, found in (("beta twice", double), ("unknown beta", unknown)):
            if found:
                yield Observation(
                    kind=kind,
                    expected="each anthropic-beta value once, and only those there are",
                    actual=f"{kind}: {', '.join(map(fragment, found))}",
                    at=exchange,
                    path="headers.anthropic-beta",
                    verdict="note",
                )


def _in_its_time(request: Asked, day: str | None) -> bool:
    """Whether it is an old recording, of a time when the model was as good as any."""
    model = request.model
    until = model.deprecated_at or model.retires_at
    if day is None and request.exchange.source is not None and not request.exchange.failed:
        return True  # a recording without a time, of when the API still served the model
    return day is not None and until is not None and day < until[:10] and not request.exchange.failed


def retired(story: Transcript) -> Iterator[Outcome]:
    """R66."""
    as_of = story.prompts.catalog.as_of
    for request in asked(story):
        model = request.model
        if not request.known:
            continue
        yield EXERCISED
        if model.lifecycle == "active" and model.retires_at is None:
            continue
        day = day_of(request.exchange)
        gone = model.lifecycle == "retired" or (model.retires_at is not None and (day or "") >= model.retires_at[:10])
        when = (model.retires_at or model.retires_not_before or "")[:10]
        planned = f"will be retired on {when}" if model.retires_at else "is deprecated"
        yield Observation(
            kind=f"{'retired' if gone else 'deprecated'} {model.id}",
            expected="a model that is going to stay",
            actual=f"{model.id} " + (f"was retired on {when}" if gone else planned) + f" (as of {as_of})",
            at=request.exchange,
            path=request.where("model"),
            verdict="note" if _in_its_time(request, day) or not (gone or model.retires_at) else None,
        )
