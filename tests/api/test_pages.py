"""PDFs that may be cited are read beside everything else, and once."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from claudemock import text
from claudemock.control.client import MockServer
from claudemock.engine import citations_sources
from claudemock.engine.citations_pdf import page_texts
from tests.citations.requests import pdf
from tests.wire_client import Response, ask

CITED = {"citations": {"enabled": True}}


def quote(server: MockServer, said: str) -> Response:
    """Ask about a PDF that says `said`; the reply quotes it."""
    server.when(contains=said).reply(text("It says so.", citations=[said]))
    return ask(server, [{**pdf(said), **CITED}, {"type": "text", "text": said}])


def test_others_are_served_meanwhile(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the pages of one request are read, another is answered."""
    reading, go_on = threading.Event(), threading.Event()

    def slowly(raw: bytes, pages: int = 600) -> Sequence[str]:
        reading.set()
        assert go_on.wait(30)
        return page_texts(raw, pages)

    monkeypatch.setattr(citations_sources, "page_texts", slowly)
    with ThreadPoolExecutor(1) as pool:
        cited = pool.submit(quote, server, "The sea is slow.")
        assert reading.wait(30)
        try:
            assert ask(server, "Anybody there?").status == 200
            assert not cited.done()
        finally:
            go_on.set()
        [block] = cited.result(30).json["content"]
    assert block["citations"][0]["cited_text"].strip() == "The sea is slow."
    assert block["citations"][0]["file_id"] is None


def test_a_pdf_is_read_once(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A conversation about a PDF sends it with every turn."""
    assert quote(server, "The hill is high.").status == 200
    monkeypatch.setattr(citations_sources, "page_texts", lambda *_: pytest.fail("read again"))
    assert quote(server, "The hill is high.").json["content"][0]["citations"]


def test_what_cannot_be_read_is_refused_in_its_turn(server: MockServer) -> None:
    """A broken PDF, and a request that is wrong otherwise, get the answers they always got."""
    broken = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0"}}
    assert ask(server, [{**broken, **CITED}, {"type": "text", "text": "So?"}]).status == 400
    response = ask(server, [{**pdf("Fine."), **CITED}, {"type": "text", "text": "So?"}], max_tokens="many")
    assert response.error[2].startswith("max_tokens: ")
