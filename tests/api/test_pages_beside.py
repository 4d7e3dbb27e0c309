"""PDFs that may be cited are read beside the event loop, wherever they come from: nobody else waits for them."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from claudemock.control.client import MockServer
from claudemock.engine import citations_sources
from claudemock.engine.citations_pdf import page_texts
from claudemock.virtual_time import SERVER_THREAD
from tests.batches.bodies import MODEL, create, poll, results
from tests.citations.requests import ON, pdf, pdf_bytes, shown
from tests.files.forms import uploaded
from tests.wire_client import ask, send


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads that read a PDF."""
    found: list[str] = []

    def read(raw: bytes, most: int) -> Sequence[str]:
        found.append(threading.current_thread().name)
        return page_texts(raw, most)

    monkeypatch.setattr(citations_sources, "page_texts", read)
    return found


def document(server: MockServer, where: str, text: str) -> dict[str, Any]:
    """A PDF that says `text`, in the request or uploaded."""
    if where == "inline":
        return pdf(text)
    name = uploaded(server, "a.pdf", pdf_bytes(shown(text)), "application/pdf")
    return {"type": "document", "source": {"type": "file", "file_id": name}, "citations": ON}


def worked_off(server: MockServer, content: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """The results of a batch of so many requests, all of this content."""
    params = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": content}]}
    batch = create(server, [{"custom_id": f"r-{number}", "params": params} for number in range(count)])
    return [row["result"] for row in results(server, poll(server, batch["id"])["id"])]


@pytest.mark.parametrize("where", ["inline", "uploaded"])
@pytest.mark.parametrize("count", [0, 1, 40])
def test_read_beside_the_event_loop(server: MockServer, readers: list[str], where: str, count: int) -> None:
    """Once for each content, for Messages (0) and for the requests of a batch, in its last slice or not."""
    text = f"The {where} report number {count} ends here."
    server.reply("It does.", citations=["ends here"], times=None)
    asked = [document(server, where, text), {"type": "text", "text": "Does it?"}]
    if count == 0:
        contents = [ask(server, asked).json["content"]]
    else:
        contents = [result["message"]["content"] for result in worked_off(server, asked, count)]
    for (block,) in contents:
        assert [cited["cited_text"] for cited in block["citations"]] == [text]
    assert len(readers) == 1
    assert SERVER_THREAD not in readers


def test_what_is_wrong_is_said_in_its_turn(server: MockServer, readers: list[str]) -> None:
    """A file that is gone, and one that is no PDF, are refused or answered as if nobody had looked ahead."""
    gone = document(server, "uploaded", "Soon gone.")
    assert send(server, "DELETE", f"/v1/files/{gone['source']['file_id']}").status == 200
    assert ask(server, [gone]).error[:2] == (404, "not_found_error")
    (result,) = worked_off(server, [gone], 1)
    assert result["error"]["error"]["type"] == "not_found_error"
    assert readers == []
