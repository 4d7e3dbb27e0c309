"""Reading the PDFs that a request lets be cited, before its turn comes and beside the event loop.

A PDF takes a process of its own some 60 ms, a hostile one seconds, in which everybody else would wait. What was read is
remembered by content, as with uploaded files, so the turn itself finds the pages there.
"""

import asyncio
from collections.abc import Mapping

from claudemock.api.body import parse_json
from claudemock.api.replay import betas_of
from claudemock.engine.attached import Attached
from claudemock.engine.checks.pdf_header import NotAPdf, read_pdf
from claudemock.engine.citations_sources import cited_pdfs, cut, is_cut, remember
from claudemock.ids import digest
from claudemock.journal import Exchange
from claudemock.wire.errors import ApiError
from claudemock.wire.messages import PromptRequest
from claudemock.wire.parse import parse_messages
from claudemock.world import World

_PDF = b"JVBERi0"  # what the base64 text of one begins with


async def read_ahead(world: World, exchange: Exchange, unread: bytes) -> None:
    """Read the pages, if `unread`, the part of the body that nobody has read yet, may hold a PDF."""
    if _PDF not in unread:
        return
    try:
        data = parse_json(exchange.body)
        betas = betas_of(data, exchange.header(b"anthropic-beta"), exchange.betas)
        request = parse_messages(data, version=exchange.version, betas=betas)
    except ApiError:  # its turn will say so
        return
    for file in cited(world, request).values():
        if not is_cut(file):
            remember(file, await asyncio.to_thread(cut, file))


def cited(world: World, request: PromptRequest) -> Mapping[str, Attached]:
    """The PDFs in a request that may be cited, by their base64 text, as if they were uploaded files."""
    return {data: file for data in cited_pdfs(request) if (file := _file(world, data)) is not None}


def _file(world: World, data: str) -> Attached | None:
    try:
        raw = read_pdf(data)
    except NotAPdf:
        return None
    return Attached(
        id="",
        mime_type="application/pdf",
        size=len(raw),
        digest=digest(raw).hex(),
        read=lambda most: raw[:most],
        memo=world.remembered_files,
    )
