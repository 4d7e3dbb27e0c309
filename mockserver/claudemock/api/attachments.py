"""Uploaded files in Messages: found, allowed for their use, and not past their time."""

from collections.abc import Iterable, Mapping

from claudemock.api.pages import cited
from claudemock.engine.attached import NO_FILES, Attached, Reference, check_use, expired, references
from claudemock.files.record import StoredFile
from claudemock.ids import is_foreign
from claudemock.wire.errors import not_found
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
    return {**_found(world, place, workspace, references(request)), **cited(world, request)}


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
