"""Uploaded files in Messages: found, allowed for their use, and not past their time; and PDFs in the request itself."""

from collections.abc import Iterable, Iterator, Mapping

from claudemock.engine.attached import NO_FILES, PDF, Attached, Reference, check_use, expired, references
from claudemock.engine.checks.pdf_header import NotAPdf, read_pdf
from claudemock.engine.citations_sources import cited_documents
from claudemock.files.record import StoredFile
from claudemock.ids import digest, is_foreign
from claudemock.wire.errors import not_found
from claudemock.wire.media import FileSource
from claudemock.wire.messages import PromptRequest
from claudemock.world import Scope, World

_NAMING = (b'"file_id"', b'"citations"', b"\\u")  # an escape could spell the word


def attach(
    world: World, place: Scope, workspace: str, request: PromptRequest, raw: bytes | None
) -> Mapping[str, Attached]:
    """The files that a request uses, by id, and its own PDFs that may be cited, by their base64 text.

    `raw` are its bytes (None: not all of it is in them).

    Raises `ApiError` 404 for a file that is unknown or expired, 400 for one that cannot be used like that; not with
    `--checks wire`. Files taken unseen (replay.py) are not in the result.
    """
    if raw is not None and not any(word in raw for word in _NAMING):
        return NO_FILES
    return {**_found(world, place, workspace, references(request)), **_inline(world, request)}


def cited_pdfs(world: World, place: Scope, workspace: str, request: PromptRequest) -> Iterator[Attached]:
    """The PDFs that a request lets be cited, its own and uploaded ones; of those there are."""
    yield from _inline(world, request).values()
    for source in cited_documents(request):
        if isinstance(source, FileSource):
            file = place.files.get(workspace, source.file_id, place.clock.now())
            if file is not None and file.mime_type == PDF:
                yield _attached(world, place, file)


def _inline(world: World, request: PromptRequest) -> Mapping[str, Attached]:
    """The PDFs in a request that may be cited, by their base64 text, as if they were uploaded files."""
    found: dict[str, Attached] = {}
    for source in cited_documents(request):
        if not isinstance(source, FileSource):
            try:
                found[source.data] = _own(world, read_pdf(source.data))
            except NotAPdf:
                continue
    return found


def _own(world: World, raw: bytes) -> Attached:
    return Attached(
        id="",
        mime_type=PDF,
        size=len(raw),
        digest=digest(raw).hex(),
        read=lambda most: raw[:most],
        memo=world.remembered_files,
    )


def _found(world: World, place: Scope, workspace: str, used: Iterable[Reference]) -> Mapping[str, Attached]:
    files: dict[str, Attached] = {}
    now, checked = place.clock.now(), world.settings.checks == "full"
    for use, name in used:
        file = place.files.get(workspace, name, now)
        if file is not None:
            if checked and file.expired(now):
                raise expired(name)
            if checked:
                check_use(use, file.mime_type)
            files[name] = _attached(world, place, file)
        elif checked and (world.settings.models == "current" or not is_foreign(name)):
            raise not_found(f"File not found: {name}")
    return files


def _attached(world: World, place: Scope, file: StoredFile) -> Attached:
    def read(most: int) -> bytes:
        try:
            with place.files.open(file) as content:
                return content.read(most)
        except FileNotFoundError:  # deleted since it was found
            raise not_found(f"File not found: {file.id}") from None

    return Attached(
        id=file.id,
        mime_type=file.mime_type,
        size=file.size,
        digest=file.digest,
        read=read,
        memo=world.remembered_files,
    )
