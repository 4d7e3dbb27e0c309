"""Files in a state file: kept over a restart, used within one step, and orphans swept at the start."""

from pathlib import Path

import claudemock
from tests.citations.requests import pdf_bytes, shown
from tests.files.forms import uploaded
from tests.wire_client import ask, send


def test_a_restart_keeps_files(tmp_path: Path) -> None:
    """Metadata, contents, order and ids go on; what a crash left behind does not."""
    state = tmp_path / "state.db"
    with claudemock.serve(state=state) as server:
        first = uploaded(server, "a.txt", b"hello " * 100)
        second = server.files.add("b.bin", b"\x00\x01")["id"]
    folder = tmp_path / "state.db.files"
    (folder / "file_orphan").write_bytes(b"a content whose record was never written")
    assert {path.name for path in folder.iterdir()} == {first, second, "file_orphan"}
    with claudemock.serve(state=state) as server:
        assert {path.name for path in folder.iterdir()} == {first, second}
        assert [file["id"] for file in send(server, "GET", "/v1/files").json["data"]] == [second, first]
        assert send(server, "GET", f"/v1/files/{second}/content").body == b"\x00\x01"
        block = {"type": "document", "source": {"type": "file", "file_id": first}}
        assert ask(server, [block]).json["usage"]["input_tokens"] > 100
        assert uploaded(server, "a.txt", b"hello " * 100) not in (first, second)
        server.reset()
        assert list(folder.iterdir()) == []


def test_files_within_a_request_that_is_one_step(tmp_path: Path) -> None:
    """Replies that make files, files found past their time, and refusals, all inside the request's own step."""
    with claudemock.serve(state=tmp_path / "state.db", file_storage_bytes=2000) as server:
        server.clock.freeze()
        server.reply(files=[{"filename": "a.txt", "text": "made"}])
        (_, result) = ask(server).json["content"]
        (output,) = result["content"]["content"]
        assert send(server, "GET", f"/v1/files/{output['file_id']}/content").body == b"made"
        pdf = pdf_bytes(shown("Rome is mild."))
        name = server.files.add("a.pdf", pdf, mime_type="application/pdf", expires_in_seconds=3600)["id"]
        block = {"type": "document", "source": {"type": "file", "file_id": name}, "citations": {"enabled": True}}
        assert ask(server, [block]).json["content"][-1]["citations"][0]["file_id"] == name
        server.clock.advance(3600 + 30 * 86_400)
        assert ask(server, [block]).error[2] == f"File not found: {name}"
        assert [path.name for path in (tmp_path / "state.db.files").iterdir()] == [output["file_id"]]
        server.reply(files=[{"filename": "b.txt", "text": "x" * 3000}])
        refused = ask(server)
        assert refused.json["error"]["details"] == {"error_code": "storage_quota_exceeded"}
        assert ask(server).status == 200
