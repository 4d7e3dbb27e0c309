"""PDFs that are damaged or hostile cost little and cite nothing."""

import subprocess
import sys

import pytest

from claudemock.engine.citations import QuoteNotFound
from claudemock.engine.citations_pdf import UnreadablePdf, page_texts
from tests.citations.requests import citable, pdf, pdf_bytes, shown

WHOLE = pdf_bytes(shown("One."), shown("Two."))


def test_pages_in_order() -> None:
    """One text per page, also for pages without any; a limit on pages holds."""
    raw = pdf_bytes(shown("One.\nStill one."), b"", shown("Three."))
    assert page_texts(raw) == ["One.\r\nStill one.", "", "Three."]
    assert page_texts(raw, 1) == ["One.\r\nStill one."]


@pytest.mark.parametrize("raw", [b"", b"%PDF-1.4\n", WHOLE[: len(WHOLE) // 3], b"%PDF-1.4\n" + bytes(range(256)) * 40])
def test_damaged_files_are_unreadable(raw: bytes) -> None:
    """Whatever is wrong with it, there is one error."""
    with pytest.raises(UnreadablePdf):
        page_texts(raw)


def test_a_bomb_of_forms_is_given_up() -> None:
    """A file of two kilobytes that draws a million forms per page runs into the reader's limits."""
    forms = tuple(b" ".join([b"/X%d Do" % (number + 1)] * 20) for number in range(8))
    with pytest.raises(UnreadablePdf):
        page_texts(pdf_bytes(b"/X0 Do", forms=(*forms, shown("a"))))


def test_a_reader_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the platform cannot limit a process, the wait for it is limited."""

    def never(*_: object, timeout: float, **__: object) -> None:
        raise subprocess.TimeoutExpired("reader", timeout)

    monkeypatch.setattr(subprocess, "run", never)
    with pytest.raises(UnreadablePdf):
        page_texts(WHOLE)


def test_an_unreadable_pdf_is_a_document_without_text() -> None:
    """Requests with one are served; quoting from it says so."""
    broken = pdf("Hello.")
    broken["source"] = {**broken["source"], "data": "JVBERi0xLjQK"}
    assert citable(broken).automatic(bytes(16)) == []
    with pytest.raises(QuoteNotFound, match="not in document 0: it has no text"):
        citable(broken).locate("Hello")


def test_the_reader_is_not_loaded_with_the_server() -> None:
    """Starting a server must not pay for PDFs."""
    code = "import claudemock.engine.citations, sys; sys.exit('pypdfium2' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
