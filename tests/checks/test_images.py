"""Images in the request."""

from base64 import b64encode, encodebytes

import pytest

from tests.checks.cases import Case, Json, assert_answer, assistant, body, call, model, result, user
from tests.checks.media import every_format, gif, image, jpeg, pdf, png, webp

SOURCE = "messages.0.content.0.image.source.base64"
INNER = "messages.2.content.0.tool_result.content.0.image.source.base64"
LARGE_WINDOW = model(context_window=1_000_000)
LINKED: Json = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
UPLOADED: Json = {"type": "image", "source": {"type": "file", "file_id": "file_011CNha8iCJcU1wXNR6q4V8w"}}


def in_result(block: Json, *content: Json) -> Json:
    """A request with a block inside a tool result."""
    return body(user("a"), assistant(call("t")), user(result("t", block, *content)))


def mismatch(where: str, said: str, found: str) -> str:
    """Another format than said."""
    return (
        f"{where}: The image was specified using the image/{said} media type, but the image appears to be a "
        f"image/{found} image"
    )


def oversized(most: int, *paths: str) -> Json:
    """The error's details."""
    return {"error_code": "image_dimensions_too_large", "max_side_length_pixels": most, "paths": list(paths)}


EXCEEDS = "At least one of the image dimensions exceed max allowed size"

CASES = [
    Case(
        name="no base64",
        body=body(user(image("not an image!"))),
        message=f"{SOURCE}: invalid base64 data",
    ),
    Case(
        name="cut base64",
        body=body(user(image(b64encode(png()).decode()[:-1]))),
        message=f"{SOURCE}: invalid base64 data",
    ),
    Case(name="other characters", body=body(user(image("a b!"))), message=f"{SOURCE}: invalid base64 data"),
    Case(
        name="no image",
        body=body(user(image(b"just some words"))),
        message=f"{SOURCE}.data: The file format is invalid or unsupported",
    ),
    Case(
        name="nothing",
        body=body(user(image(b""))),
        message=f"{SOURCE}.data: The file format is invalid or unsupported",
    ),
    Case(
        name="a PDF",
        body=body(user(image(pdf(1)))),
        message=f"{SOURCE}.data: The file format is invalid or unsupported",
    ),
    Case(name="cut PNG", body=body(user(image(png()[:20]))), message="Could not process image"),
    Case(name="PNG cut later", body=body(user(image(png()[:50]))), message="Could not process image"),
    Case(name="PNG without pixels", body=body(user(image(png()[:33]))), message="Could not process image"),
    Case(name="damaged PNG", body=body(user(image(png(damaged=True)))), message="Could not process image"),
    Case(name="cut GIF", body=body(user(image(gif()[:7], "image/gif"))), message="Could not process image"),
    Case(name="cut JPEG", body=body(user(image(jpeg()[:12], "image/jpeg"))), message="Could not process image"),
    Case(name="cut WebP", body=body(user(image(webp("VP8X")[:20], "image/webp"))), message="Could not process image"),
    Case(
        name="WebP cut later",
        body=body(user(image(webp("VP8X")[:28], "image/webp"))),
        message="Could not process image",
    ),
    Case(name="another WebP", body=body(user(image(webp("ABCD"), "image/webp"))), message="Could not process image"),
    Case(
        name="JPEG called PNG",
        body=body(user(image(jpeg()))),
        message=mismatch(SOURCE, "png", "jpeg"),
    ),
    Case(
        name="WebP called JPEG in a tool result",
        body=in_result(image(webp("VP8 "), "image/jpeg")),
        message=mismatch(INNER, "jpeg", "webp"),
    ),
    Case(
        name="too many bytes",
        body=body(user(image("A" * 10_485_764))),
        message=f"{SOURCE}: image exceeds 10 MB maximum: 10485764 bytes > 10485760 bytes",
    ),
    Case(
        name="too wide",
        body=body(user(image(png(8001, 1)))),
        message=f"{SOURCE}.data: {EXCEEDS}: 8000 pixels",
        details=oversized(8000, "messages.0.content.0"),
    ),
    Case(
        name="too high in a tool result",
        body=in_result(image(png(1, 9000)), image(gif(8001, 2), "image/gif")),
        message=f"{INNER}.data: {EXCEEDS}: 8000 pixels",
        details=oversized(8000, "messages.2.content.0.content.0", "messages.2.content.0.content.1"),
    ),
    Case(
        name="too wide for one of many",
        body=body(user(*[image(png())] * 20, image(png(2001, 1)))),
        message=f"messages.0.content.20.image.source.base64.data: {EXCEEDS} for many-image requests: 2000 pixels",
        details=oversized(2000, "messages.0.content.20"),
    ),
    Case(
        name="too many",
        body=body(user(*[LINKED] * 101)),
        message="too many images and documents: 101 + 0 > 100",
    ),
    Case(
        name="too many for a large window",
        body=body(user(*[LINKED] * 601)),
        model=LARGE_WINDOW,
        message="too many images and documents: 601 + 0 > 600",
    ),
    Case(
        name="a model that sees nothing",
        body=body(user(LINKED)),
        model=model(image_input=False),
        message="'claude-test-1' does not support image input.",
    ),
    Case(name="accepted: as large as can be", body=body(user(image(png(8000, 8000))))),
    Case(name="accepted: as wide as one of twenty can be", body=body(user(*[image(png(8000, 1))] * 20))),
    Case(name="accepted: many small ones", body=body(user(*[image(png(2000, 2000))] * 21))),
    Case(name="accepted: a hundred", body=body(user(*[LINKED] * 100))),
    Case(name="accepted: hundreds in a large window", body=body(user(*[LINKED] * 600)), model=LARGE_WINDOW),
    Case(name="accepted: base64 in lines", body=body(user(image(encodebytes(jpeg()).decode(), "image/jpeg")))),
    Case(name="accepted: by URL and by file", body=body(user(LINKED, UPLOADED))),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_images(case: Case) -> None:
    """Images are what they say, not too large and not too many."""
    assert_answer(case)


@pytest.mark.parametrize(("media_type", "data"), list(every_format(2000, 1999)))
def test_every_format_is_read(media_type: str, data: bytes) -> None:
    """Each format is known by its header, and accepted up to the limit."""
    many = [image(png())] * 20
    assert_answer(Case(name="at the limit", body=body(user(*many, image(data, media_type)))))


@pytest.mark.parametrize(("media_type", "data"), [*every_format(2001, 10), *every_format(10, 2001)])
def test_every_format_is_measured(media_type: str, data: bytes) -> None:
    """Both sides are measured, in each format."""
    many = [image(png())] * 20
    case = Case(
        name="beyond the limit",
        body=body(user(*many, image(data, media_type))),
        message=f"messages.0.content.20.image.source.base64.data: {EXCEEDS} for many-image requests: 2000 pixels",
        details=oversized(2000, "messages.0.content.20"),
    )
    assert_answer(case)
