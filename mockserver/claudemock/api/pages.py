"""Reading the PDFs that a request lets be cited, before its turn comes and beside the event loop.

A PDF takes a process of its own some 60 ms, a hostile one seconds, in which everybody else would wait. What was read is
remembered by content, so the turn itself finds the pages there.
"""

import asyncio
from contextlib import suppress

from claudemock.api.attachments import cited_pdfs
from claudemock.api.body import parse_json
from claudemock.api.replay import betas_of
from claudemock.engine.citations_sources import cut, is_cut, remember
from claudemock.journal import Exchange
from claudemock.wire.errors import ApiError
from claudemock.wire.parse import parse_messages
from claudemock.world import Scope, World

_PDF = b"JVBERi0"  # what the base64 text of one begins with
_FILE, _CITED = b'"file_id"', b'"citations"'


def may_cite_pdf(raw: bytes) -> bool:
    """Whether there may be a PDF to read in requests; `raw` are their bytes."""
    return _PDF in raw or (_FILE in raw and _CITED in raw)


async def read_ahead(world: World, place: Scope, exchange: Exchange) -> None:
    """Read the pages of all PDFs that the exchange's request lets be cited."""
    with suppress(ApiError):  # what is wrong with it, its turn will say
        data = parse_json(exchange.body)
        betas = betas_of(world, exchange, data)
        request = parse_messages(data, version=exchange.version, betas=betas)
        for file in list(cited_pdfs(world, place, exchange.workspace, request)):
            if not is_cut(file):
                remember(file, await asyncio.to_thread(cut, file))
