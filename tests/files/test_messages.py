"""Uploaded files in Messages: what they may be used for, what they count, and how they are cited."""

from base64 import b64encode
from typing import Any

import pytest

import claudemock
from claudemock.control.client import MockServer
from tests.checks.media import every_format, png
from tests.citations.requests import pdf_bytes, shown
from tests.files.forms import upload, uploaded
from tests.wire_client import Response, ask, send

TEXT = "Oslo lies at the head of its fjord. In November the days are short. Most people wear wool."
PDF = pdf_bytes(shown("Rome is mild in November."), shown("People still sit outside at noon."))
MODEL = "claude-opus-4-8"
# a file that the API itself made in August 2025
FOREIGN = "file_011CScLqVkKjz4sZoQLdfe7d"


def document(file_id: str, **fields: Any) -> dict[str, Any]:
    """A document block with an uploaded file."""
    return {"type": "document", "source": {"type": "file", "file_id": file_id}, **fields}


def image(file_id: str) -> dict[str, Any]:
    """An image block with an uploaded file."""
    return {"type": "image", "source": {"type": "file", "file_id": file_id}}


def inline(kind: str, media_type: str, content: bytes, **fields: Any) -> dict[str, Any]:
    """The same block with its content in the request."""
    source = {"type": "base64", "media_type": media_type, "data": b64encode(content).decode()}
    if media_type == "text/plain":
        source = {"type": "text", "media_type": media_type, "data": content.decode()}
    return {"type": kind, "source": source, **fields}


def counted(server: MockServer, content: list[Any]) -> int:
    """Input tokens by count_tokens, which have to be those of `usage`."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": content}]}
    tokens = send(server, "POST", "/v1/messages/count_tokens", body).json["input_tokens"]
    assert ask(server, content).json["usage"]["input_tokens"] == tokens
    return int(tokens)


CONTENTS = [
    ("document", "text/plain", TEXT.encode()),
    ("document", "text/plain", "Ærlig talt, ß".encode() * 3000),
    ("document", "application/pdf", PDF),
    *[("image", kind, content) for kind, content in every_format(900, 700)],
    ("image", "image/png", png(8000, 20)),
]


@pytest.mark.parametrize(("kind", "media_type", "content"), CONTENTS)
def test_a_file_counts_like_the_same_content_in_the_request(
    server: MockServer, kind: str, media_type: str, content: bytes
) -> None:
    """Text, PDFs and images of every format: the same tokens, by count_tokens and by usage, again and again."""
    name = uploaded(server, "a", content, media_type)
    block = document(name) if kind == "document" else image(name)
    expected = counted(server, [inline(kind, media_type, content)])
    assert counted(server, [block]) == expected
    assert counted(server, [block]) == expected


def test_files_count_wherever_they_stand(server: MockServer) -> None:
    """In tool results and in documents made of blocks as well; a container upload is read by no model."""
    name = uploaded(server, "a.png", png(900, 700), "image/png")
    inside = inline("image", "image/png", png(900, 700))

    def made_of(block: Any) -> dict[str, Any]:
        return {"type": "document", "source": {"type": "content", "content": [block]}}

    assert counted(server, [made_of(image(name))]) == counted(server, [made_of(inside)])
    call = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    tools = [{"name": "look", "input_schema": {"type": "object"}}]
    totals = []
    for block in (image(name), inside):
        result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [block]}
        messages = [
            {"role": "user", "content": "Look"},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ]
        totals.append(ask(server, messages=messages, tools=tools).json["usage"]["input_tokens"])
    assert totals[0] == totals[1] > 800
    assert counted(server, [{"type": "container_upload", "file_id": name}]) < 100


def test_the_prompt_cache_reads_files(server: MockServer) -> None:
    """A cached document is read from the cache the second time, its tokens and all."""
    name = uploaded(server, "a.txt", (TEXT * 400).encode())
    content = [document(name, cache_control={"type": "ephemeral"}), {"type": "text", "text": "Well?"}]
    first, second = (ask(server, content).json["usage"] for _ in range(2))
    assert first["cache_creation_input_tokens"] == second["cache_read_input_tokens"] > 5000


REFUSED = [
    ("document", "image/png", png(), "Unsupported document file format: image/png. Only PDF and plaintext documents "),
    ("document", "application/octet-stream", b"x", "Unsupported document file format: application/octet-stream. Only"),
    ("document", "text/markdown", b"x", "Unsupported document file format: text/markdown. Only PDF and plaintext doc"),
    ("image", "text/plain", b"x", "Unsupported image file format: text/plain. Only JPEG, PNG, GIF and WebP images are"),
    ("image", "application/pdf", PDF, "Unsupported image file format: application/pdf."),
    ("document", "application/pdf", b"no", "messages.0.content.0.document.source.file.file_id: The PDF specified was"),
    ("document", "application/pdf", b"%PDF-1.7", "Could not process PDF"),
    ("image", "image/png", b"no png", "messages.0.content.0.image.source.file.file_id: The file format is invalid or"),
    (
        "image",
        "image/gif",
        png(),
        "messages.0.content.0.image.source.file: The image was specified using the",
    ),
    ("image", "image/png", png(damaged=True), "Could not process image"),
    (
        "image",
        "image/png",
        png(8001, 1),
        "messages.0.content.0.image.source.file.file_id: At least one of the image",
    ),
]


@pytest.mark.parametrize(("kind", "media_type", "content", "message"), REFUSED)
def test_wrong_pairings(server: MockServer, kind: str, media_type: str, content: bytes, message: str) -> None:
    """A file that is not what the block needs is a 400, from Messages and from count_tokens."""
    name = uploaded(server, "a", content, media_type)
    block = {"type": kind, "source": {"type": "file", "file_id": name}}
    for refused in (ask(server, [block]), counting(server, [block])):
        assert refused.error[:2] == (400, "invalid_request_error")
        assert refused.error[2].startswith(message)


def counting(server: MockServer, content: list[Any]) -> Response:
    """POST count_tokens."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": content}]}
    return send(server, "POST", "/v1/messages/count_tokens", body)


def test_too_large_an_image(server: MockServer) -> None:
    """The limit for images in requests holds for files."""
    name = uploaded(server, "a.png", png() + b"x" * (8 << 20), "image/png")
    assert "image exceeds 10 MB maximum" in ask(server, [image(name)]).error[2]


@pytest.mark.parametrize("kind", ["document", "image", "container_upload"])
def test_unknown_expired_and_deleted_files(server: MockServer, kind: str) -> None:
    """A request that was just accepted is refused once its file is gone: nothing is answered from memory."""
    server.clock.freeze()
    made = server.files.add(
        "a", TEXT if kind != "image" else png(), mime_type="image/png" if kind == "image" else "text/plain"
    )
    lasting = server.files.add(
        "b", TEXT if kind != "image" else png(), mime_type=made["mime_type"], expires_in_seconds=3600
    )

    def use(name: str) -> Response:
        named: dict[str, Any] = {"type": kind, "file_id": name}
        other = {"type": kind, "source": {"type": "file", "file_id": name}}
        return ask(server, [named if kind == "container_upload" else other])

    assert [use(file["id"]).status for file in (made, lasting)] == [200, 200]
    server.clock.advance(3600)
    send(server, "DELETE", f"/v1/files/{made['id']}")
    assert use(made["id"]).error == (404, "not_found_error", f"File not found: {made['id']}")
    expired = use(lasting["id"])
    assert expired.error == (404, "not_found_error", f"File '{lasting['id']}' has expired")
    assert expired.json["error"]["details"] == {"error_code": "file_expired"}
    for name in ("file_nope", FOREIGN):
        assert use(name).error == (404, "not_found_error", f"File not found: {name}")


def test_a_file_named_with_an_escape_is_not_overlooked(server: MockServer) -> None:
    """`file_id` spelled with escapes is the same field."""
    raw = b'{"model":"claude-opus-4-8","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":'
    raw += rb'{"type":"file","\u0066ile_id":"file_nope"}}]}]}'
    assert send(server, "POST", "/v1/messages", raw).status == 404


def test_workspaces_do_not_use_each_others_files(server: MockServer) -> None:
    """What a workspace cannot see it cannot use."""
    name = upload(server, headers={"x-api-key": server.key("blue")}).json["id"]
    assert ask(server, [document(name)]).status == 404
    assert ask(server, [document(name)], headers={"x-api-key": server.key("blue")}).status == 200


def test_the_same_name_with_other_content(server: MockServer) -> None:
    """What is remembered of a content is never taken for that of another."""
    sizes = [counted(server, [document(uploaded(server, "a.txt", text))]) for text in (b"a " * 50, b"b " * 500)]
    assert sizes[1] > sizes[0] + 200


@pytest.mark.parametrize(
    ("media_type", "content", "quote", "cited"),
    [
        (
            "text/plain",
            TEXT.encode(),
            "days are short",
            {
                "type": "char_location",
                "cited_text": "In November the days are short. ",
                "start_char_index": 36,
                "end_char_index": 68,
            },
        ),
        (
            "application/pdf",
            PDF,
            "outside at noon",
            {
                "type": "page_location",
                "cited_text": "People still sit outside at noon.",
                "start_page_number": 2,
                "end_page_number": 3,
            },
        ),
    ],
)
def test_files_can_be_cited(server: MockServer, media_type: str, content: bytes, quote: str, cited: Any) -> None:
    """A scripted quote is located in the file; the citation names the file."""
    name = uploaded(server, "a", content, media_type)
    server.reply("So it is.", citations=[quote])
    asked = [document(name, citations={"enabled": True}, title="Cities"), {"type": "text", "text": "Well?"}]
    (block,) = ask(server, asked).json["content"]
    (citation,) = block["citations"]
    assert citation == {**cited, "document_index": 0, "document_title": "Cities", "file_id": name}
    unscripted = [each for each in ask(server, asked).json["content"] if each["citations"]]
    assert unscripted[0]["citations"][0]["file_id"] == name


def test_a_quote_that_is_not_in_the_file(server: MockServer) -> None:
    """The miss names the nearest passage of the file."""
    name = uploaded(server, "a.txt", TEXT.encode())
    server.reply("So it is.", citations=["the days are long in November"])
    missed = ask(server, [document(name, citations={"enabled": True})])
    assert missed.status == 404
    assert "In November the days are short" in missed.error[2]


def test_thread_turns_look_at_their_files_anew(server: MockServer) -> None:
    """A thread whose first turn had a file cannot go on once the file is gone."""
    beta: dict[str, str | None] = {"anthropic-beta": "message-threads-2026-08-12"}
    name = uploaded(server, "a.txt", TEXT.encode())
    first = ask(server, [document(name)], headers=beta, thread={"type": "create"}).json
    on = {"type": "continue", "previous_message_id": first["id"]}
    second = ask(server, "And?", headers=beta, thread=on).json
    assert second["usage"]["input_tokens"] > first["usage"]["input_tokens"]
    send(server, "DELETE", f"/v1/files/{name}")
    again = {"type": "continue", "previous_message_id": second["id"]}
    assert ask(server, "And?", headers=beta, thread=again).status == 404


def test_files_of_recordings() -> None:
    """Where models of the past are served, files the API made are taken unseen; all others still have to be there."""
    with claudemock.serve(models="known") as server:
        assert ask(server, [document(FOREIGN, citations={"enabled": True}), image(FOREIGN)]).status == 200
        name = uploaded(server, "a.txt", b"hello")
        send(server, "DELETE", f"/v1/files/{name}")
        for unknown in (name, "file_nope"):
            assert ask(server, [document(unknown)]).status == 404


def test_without_semantic_checks() -> None:
    """`--checks wire` asks for no file, and counts those that are there."""
    with claudemock.serve(checks="wire") as server:
        assert ask(server, [document("file_nope")]).status == 200
        name = uploaded(server, "a.txt", TEXT.encode() * 50)
        assert counted(server, [document(name)]) > 800
        assert ask(server, [image(name)]).status == 200
