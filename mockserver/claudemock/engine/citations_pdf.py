"""The texts of a PDF's pages, read by PDFium in a process of its own.

PDFium, because the page texts that the API cites are PDFium's: lines end in a carriage return and a line feed. A
process of its own, because a file of a few kilobytes can make any reader take hours and gigabytes, because PDFium must
not be used by two threads at once, and so that nothing of it is loaded before a PDF is to be cited.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

MOST_PAGES = 600  # as many as a request may hold
MOST_CHARACTERS = 5_000_000
_SECONDS = 10  # of processor time, and as long again until the reader is given up
_MEMORY = 1 << 30  # bytes


class UnreadablePdf(ValueError):  # noqa: N818 - says what the bytes are
    """No text can be had: damaged, encrypted, too costly, or the reader is not installed."""


def page_texts(raw: bytes, pages: int = MOST_PAGES) -> Sequence[str]:
    """The text of each page of a PDF, in order; a page without text is "". Raises `UnreadablePdf`.

    At most `pages` pages and `MOST_CHARACTERS` characters are read; what lies beyond cannot be cited.
    """
    command = [sys.executable, "-P", str(Path(__file__)), str(pages)]
    try:
        done = subprocess.run(command, input=raw, capture_output=True, timeout=2 * _SECONDS, check=True)  # noqa: S603 - our own file
        texts: list[str] = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        raise UnreadablePdf("the PDF's text cannot be read") from None
    return texts


def _limit() -> None:
    """Bound this process. Where the platform cannot, the parent's timeout still ends it."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _read(raw: bytes, pages: int) -> list[str]:
    pdfium = import_module("pypdfium2")
    texts: list[str] = []
    room = MOST_CHARACTERS
    document = pdfium.PdfDocument(raw)
    for number in range(min(len(document), pages)):
        page = document[number]
        layer = page.get_textpage()
        texts.append(layer.get_text_range()[:room].replace("\x00", ""))
        layer.close()
        page.close()
        room -= len(texts[-1])
        if room <= 0:
            break
    return texts


def _main() -> None:
    _limit()
    sys.stdout.write(json.dumps(_read(sys.stdin.buffer.read(), int(sys.argv[1]))))


if __name__ == "__main__":
    _main()
