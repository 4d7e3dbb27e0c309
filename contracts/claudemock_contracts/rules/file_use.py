"""Judging the use of files: uploaded once, deleted in the end, named while they are there (R55, R56, R57)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

from claudemock_contracts.exchange import Exchange, seconds
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.asked import day_of
from claudemock_contracts.transcript import Call, File, Transcript, parts_of

_LARGE = 100_000 * 4 // 3  # characters of base64 that are 100 kB
_OFTEN = 3
_ONE_RUN = 3600.0  # seconds
_SINCE = "2025-04-14"  # the day in the Files beta's name: until then inlining was the only way
_BOUNDARY = re.compile(r'boundary="?([^";,]+)')
_NAMED = re.compile(r"file_[A-Za-z0-9]+")


def uploaded_again(story: Transcript) -> Iterator[Outcome]:
    """R55."""
    known: dict[object, list[File]] = {}
    for file in story.files.by_id.values():
        upload = file.uploaded
        content = None if upload is None else _content(upload)
        if upload is None or content is None:
            continue
        yield EXERCISED
        same = known.setdefault((upload.workspace, content), [])
        alive = next((other for other in same if _alive(story, other, upload)), None)
        same.append(file)
        if alive is not None and alive.uploaded is not None:
            yield Observation(
                kind="uploaded again",
                expected="one upload, whose file_id is used as long as the file is there",
                actual=f"the same {file.metadata.get('size_bytes', '?')} bytes were uploaded as {alive.id} before, "
                "which is still there",
                at=upload,
                also=[alive.uploaded],
                verdict="note" if _another_run(alive.uploaded, upload) else None,
            )
    yield from _inlined(story)


def _content(upload: Exchange) -> object:
    """What tells that two uploads hold the same bytes; None if it is not known."""
    body = upload.body
    if isinstance(body, Mapping):
        parts = body.get("_multipart")
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict) and isinstance(part.get("blake2b"), str):
                return part["blake2b"]
        return None
    found = _BOUNDARY.search(upload.headers.get("content-type", ""))
    if not isinstance(body, str) or found is None:
        return None
    for piece in body.split(f"--{found[1].strip()}"):
        head, blank, data = piece.replace("\r\n", "\n").partition("\n\n")
        if blank and "filename" in head:
            return blake2b(data.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return None


def _alive(story: Transcript, file: File, later: Exchange) -> bool:
    """Whether a file was there when another request was made."""
    order = story.once(_places)
    if file.deleted is not None and order[file.deleted.id] < order[later.id]:
        return False
    return not _expired(file, later)


def _another_run(earlier: Exchange, later: Exchange) -> bool:
    """Whether so much time lies between that the program was likely started anew, and knew nothing of the first."""
    times = (earlier.started, later.started)
    return times[0] is not None and times[1] is not None and times[1] - times[0] > _ONE_RUN


def _expired(file: File, later: Exchange) -> bool:
    ends = seconds(file.metadata.get("expires_at"))
    return ends is not None and later.started is not None and later.started >= ends


def _places(story: Transcript) -> Mapping[str, int]:
    return {exchange.id: number for number, exchange in enumerate(story.exchanges)}


def _inlined(story: Transcript) -> Iterator[Outcome]:
    """The same large image or document written into several messages."""
    known: dict[bytes, list[Call]] = {}
    places: dict[bytes, str] = {}
    for call in story.calls:
        if (day_of(call.exchange) or _SINCE) < _SINCE:
            continue
        for number in range(max(call.fresh, call.offset), len(call.messages)):
            for part in parts_of(call.messages[number], number):
                source = part.block.get("source")
                data = source.get("data") if isinstance(source, dict) else None
                if not isinstance(data, str) or len(data) < _LARGE:
                    continue
                digest = blake2b(data.encode("utf-8", "replace"), digest_size=16).digest()
                calls = known.setdefault(digest, [])
                if calls and _another_run(calls[-1].exchange, call.exchange):
                    calls.clear()
                if call not in calls and not _attempt(story, call, calls):
                    calls.append(call)
                places.setdefault(digest, call.where(number, part.position, "source.data"))
    for digest, calls in known.items():
        yield EXERCISED
        if len(calls) >= _OFTEN:
            yield Observation(
                kind="inlined again",
                expected="what is sent often is uploaded once, and named by its file_id",
                actual=f"the same base64 data (over 100 kB) is in {len(calls)} requests that do not go on from one "
                "another",
                at=calls[-1].exchange,
                path=places[digest],
                also=[call.exchange for call in calls[:-1]],
            )


def _attempt(story: Transcript, call: Call, earlier: Sequence[Call]) -> bool:
    """Whether a call is another attempt at one of these."""
    mine = story.logical_call(call.exchange)
    return any(story.logical_call(other.exchange) is mine for other in earlier)


def left_behind(story: Transcript) -> Iterator[Outcome]:
    """R56."""
    for file in story.files.by_id.values():
        if file.uploaded is None:
            continue
        yield EXERCISED
        if file.deleted is None and not file.metadata.get("expires_at") and not story.oracles.keep_files:
            yield Observation(
                kind="left behind",
                expected="a file that is no longer needed is deleted, or was uploaded with expires_in_seconds",
                actual=f"{fragment(file.metadata.get('filename'))} ({file.metadata.get('size_bytes', '?')} bytes) "
                "stays in the workspace, for everybody in it to see",
                at=file.uploaded,
            )


def named_rightly(story: Transcript) -> Iterator[Outcome]:
    """R57."""
    for file in story.files.by_id.values():
        for call, part in file.references:
            place = call.where(part.message, part.position, "source.file_id")
            yield EXERCISED
            wrong = _wrong(story, file, call)
            if wrong is None and file.uploaded is None and _refused(call, file.id):
                wrong = "unknown", "no upload of it was recorded, and the request was refused for it", None
            if wrong is None:
                continue
            kind, actual, also = wrong
            yield Observation(
                kind=kind,
                expected="a file_id names a file of this workspace that is there",
                actual=actual,
                at=call.exchange,
                path=place,
                also=[exchange for exchange in (also, file.uploaded) if exchange is not None],
            )


def _wrong(story: Transcript, file: File, call: Call) -> tuple[str, str, Exchange | None] | None:
    order = story.once(_places)
    if file.deleted is not None and order[file.deleted.id] < order[call.id]:
        return "deleted", "the file had been deleted before", file.deleted
    if _expired(file, call.exchange):
        return "expired", f"the file had expired at {file.metadata.get('expires_at')}", None
    upload = file.uploaded
    if upload is not None and order[upload.id] > order[call.id]:
        return None
    spaces = (None if upload is None else upload.workspace, call.exchange.workspace)
    if None not in spaces and spaces[0] != spaces[1]:
        return "another workspace", f"uploaded in workspace {spaces[0]!r}, named in {spaces[1]!r}", None
    return None


def _refused(call: Call, name: str) -> bool:
    refused = call.refused
    return refused is not None and refused.status in (400, 404) and name in _NAMED.findall(refused.message)
