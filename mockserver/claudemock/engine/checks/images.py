"""Images: how many, and whether those in the request are what they say and not too large.

Damage behind the header is noticed in PNGs only, and sources named by URL are taken as they are. Uploaded files are
held to the same rules, under a location that is made after the one for base64.
Wording: recorded (R10, R24), quoted with request ids or as observed live by several parties in 2026 (Q63, Q64, the
media type, the 10 MB that count the base64 text). The error code of oversized images is the SDK's. How models before
Claude 3 refuse images is unproven.
"""

from base64 import b64encode
from collections.abc import Sequence

from claudemock.engine.attached import Attached
from claudemock.engine.checks.documents import most_media
from claudemock.engine.checks.image_header import ImageHeader, NotBase64, Size, read_header
from claudemock.engine.checks.subject import Placed, Subject, only
from claudemock.wire.content import ImageBlock
from claudemock.wire.errors import invalid_request
from claudemock.wire.media import Base64ImageSource, FileSource

_MOST_BYTES = 10 << 20  # of base64
_LONGEST_SIDE = 8000  # pixels
_LONGEST_SIDE_OF_MANY = 2000
_MANY = 20


def check_images(subject: Subject) -> None:
    """Their number, then each of them, then their sides."""
    if "image" not in subject.blocks:
        return
    images = list(only(subject.blocks["image"], ImageBlock))
    if not subject.model.image_input:
        raise invalid_request(f"'{subject.model.id}' does not support image input.")
    documents = len(subject.blocks.get("document", ()))
    most = most_media(subject)
    if len(images) + documents > most:
        raise invalid_request(f"too many images and documents: {len(images)} + {documents} > {most}")
    many = len(images) > _MANY
    longest = _LONGEST_SIDE_OF_MANY if many else _LONGEST_SIDE
    oversized = [placed for placed, image in images if max(_size(placed, image, subject)) > longest]
    if oversized:
        _refuse_oversized(oversized, longest, many=many)


def _size(placed: Placed, image: ImageBlock, subject: Subject) -> Size:
    """Width and height in pixels, zero if unknown; refuses an image that is not what it claims."""
    source = image.source
    if isinstance(source, Base64ImageSource):
        location = f"{placed.location}.image.source.base64"
        _check_bytes(location, len(source.data))
        try:
            header = read_header(source.data)
        except NotBase64:
            raise invalid_request(f"{location}: invalid base64 data") from None
        return _checked(location, "data", header, source.media_type)
    file = subject.context.files.get(source.file_id) if isinstance(source, FileSource) else None
    if file is None:
        return 0, 0
    location = f"{placed.location}.image.source.file"
    _check_bytes(location, (file.size + 2) // 3 * 4)
    return _checked(location, "file_id", _header_of(file), file.mime_type)


def _header_of(file: Attached) -> ImageHeader | None:
    return file.known("image_header", lambda: read_header(b64encode(file.read(_MOST_BYTES)).decode()))


def _check_bytes(location: str, size: int) -> None:
    if size > _MOST_BYTES:
        raise invalid_request(f"{location}: image exceeds 10 MB maximum: {size} bytes > {_MOST_BYTES} bytes")


def _checked(location: str, field: str, header: ImageHeader | None, media_type: str) -> Size:
    if header is None:
        raise invalid_request(f"{location}.{field}: The file format is invalid or unsupported")
    if header.media_type != media_type:
        raise invalid_request(
            f"{location}: The image was specified using the {media_type} media type, but the image appears to "
            f"be a {header.media_type} image"
        )
    if header.size is None:
        raise invalid_request("Could not process image")
    return header.size


def _refuse_oversized(oversized: Sequence[Placed], longest: int, *, many: bool) -> None:
    requests = " for many-image requests" if many else ""
    source = oversized[0].block.source if isinstance(oversized[0].block, ImageBlock) else None
    field = "file.file_id" if isinstance(source, FileSource) else "base64.data"
    raise invalid_request(
        f"{oversized[0].location}.image.source.{field}: At least one of the image dimensions exceed max allowed "
        f"size{requests}: {longest} pixels",
        error_code="image_dimensions_too_large",
        max_side_length_pixels=longest,
        paths=[placed.path for placed in oversized],
    )
