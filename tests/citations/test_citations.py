"""Quotes located, and what an unscripted reply cites."""

from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from claudemock.engine.citations import QuoteNotFound, with_citations, without_quotes
from claudemock.engine.citations_sentences import sentences
from claudemock.wire.output import parse_output_blocks
from claudemock.wire.parse import parse_messages
from tests.checks.cases import assistant, body, call, user
from tests.citations.requests import citable, citable_from, found, made_of, pdf, plain, tool_result

IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
NATURE = "The grass is green. The sky is blue."
WILD = st.text(st.sampled_from([*"aZ1. !?\r\n\t。", "😀", "中", "é"]), min_size=1, max_size=60)
SOURCE = blake2b(b"x", digest_size=16).digest()


def test_a_passage_of_a_text() -> None:
    """The recorded shape and key order; the whole sentence is cited, with the white space after it."""
    cited = citable(plain(NATURE, title="Facts", context="Green things.")).locate("grass is green")
    assert list(cited.items()) == [
        ("type", "char_location"),
        ("cited_text", "The grass is green. "),
        ("document_index", 0),
        ("document_title", "Facts"),
        ("start_char_index", 0),
        ("end_char_index", 20),
        ("file_id", None),
    ]


def test_a_passage_of_several_sentences() -> None:
    """Consecutive sentences are cited as one."""
    cited = citable(plain(NATURE + " So it is.")).locate("green. The sky")
    assert (cited["cited_text"], cited["end_char_index"]) == (NATURE + " ", 37)


def test_a_passage_of_a_document_made_of_blocks() -> None:
    """Blocks are never cut; those without text keep their number."""
    cited = citable(made_of("One. Two.", IMAGE, "Three. Four.")).locate("Four")
    assert list(cited.items()) == [
        ("type", "content_block_location"),
        ("cited_text", "Three. Four."),
        ("document_index", 0),
        ("document_title", None),
        ("start_block_index", 2),
        ("end_block_index", 3),
        ("file_id", None),
    ]


def test_no_more_is_cited_than_holds_the_quote() -> None:
    """Neighbours that only touch the quote are left out."""
    for citations in (citable(made_of("One.", "Two.", "Three.")), citable(found("One.", "Two.", "Three."))):
        cited = citations.locate("Two.")
        assert (cited["cited_text"], cited["start_block_index"], cited["end_block_index"]) == ("Two.", 1, 2)


def test_a_passage_of_a_search_result() -> None:
    """Search results have an index of their own, and no file."""
    several = citable(plain(NATURE), found("No."), found("Leave needs a form.", "By mail."))
    assert list(several.locate("mail").items()) == [
        ("type", "search_result_location"),
        ("cited_text", "By mail."),
        ("source", "https://example.com"),
        ("title", "Found"),
        ("search_result_index", 1),
        ("start_block_index", 1),
        ("end_block_index", 2),
    ]


def test_a_passage_of_a_pdf() -> None:
    """Pages count from 1, end exclusive; lines end as the API's do."""
    document = citable(pdf("Sample PDF\nThis is simple. Fun.", "Second page. The end.", packed=True))
    first, last = document.locate("Sample PDF This is"), document.locate("The end")
    assert list(first.items()) == [
        ("type", "page_location"),
        ("cited_text", "Sample PDF\r\nThis is simple. "),
        ("document_index", 0),
        ("document_title", None),
        ("start_page_number", 1),
        ("end_page_number", 2),
        ("file_id", None),
    ]
    assert (last["cited_text"], last["start_page_number"], last["end_page_number"]) == ("The end.", 2, 3)
    over = document.locate("Fun. Second page.")
    assert (over["start_page_number"], over["end_page_number"]) == (1, 3)


def test_documents_are_counted_over_all_messages_and_tool_results() -> None:
    """Also those that cannot be cited: pictures are none, URLs are."""
    by_url = {
        "type": "document",
        "source": {"type": "url", "url": "https://example.com/a.pdf"},
        "citations": {"enabled": True},
    }
    citations = citable_from(
        user(IMAGE, by_url, plain("First.")),
        assistant(call("toolu_1")),
        tool_result(plain("Second."), made_of("Third.")),
        assistant("Well."),
        user(plain("Fourth.")),
    )
    numbers = {said: citations.locate(said)["document_index"] for said in ("First", "Second", "Third", "Fourth")}
    assert numbers == {"First": 1, "Second": 2, "Third": 3, "Fourth": 4}


def fetched(said: str) -> dict[str, Any]:
    """A page that a tool on the API's side fetched."""
    page = {**plain(said), "title": "Page"}
    result = {"type": "web_fetch_result", "url": "https://example.com", "content": page}
    return {"type": "web_fetch_tool_result", "tool_use_id": "srvtoolu_1", "content": result}


def test_fetched_pages_are_documents() -> None:
    """They count where they were sent back, and in the reply itself."""
    citations = citable_from(
        user(plain("Sent.")), assistant(fetched("Fetched.")), user("And?"), reply=(fetched("New."),)
    )
    assert (citations.locate("Fetched.")["document_index"], citations.locate("New")["document_index"]) == (1, 2)
    assert citations.locate("Fetched.")["document_title"] == "Page"


@given(st.lists(st.text(min_size=1) | WILD, min_size=1, max_size=4))
def test_cited_text_is_the_slice_of_its_source(texts: list[str]) -> None:
    """Any sentence of any text is found, and its indices cut the cited text out of a text that holds the quote."""
    citations = citable(*(plain(text) for text in texts))
    for text in texts:
        for start, end in sentences(text):
            quote = text[start:end]
            if not quote.strip():
                continue
            cited = citations.locate(quote)
            source = texts[cited["document_index"]]
            assert source[cited["start_char_index"] : cited["end_char_index"]] == cited["cited_text"]
            assert quote.strip() in cited["cited_text"]


@given(st.lists(st.text(min_size=1) | WILD, min_size=1, max_size=5), st.data())
def test_blocks_are_cited_whole(blocks: list[str], data: st.DataObject) -> None:
    """For documents of blocks and search results alike, the cited text is the blocks joined."""
    block = data.draw(st.sampled_from(blocks))
    assume(block.strip())
    for cited in (citable(made_of(*blocks)).locate(block), citable(found(*blocks)).locate(block)):
        assert "".join(blocks[cited["start_block_index"] : cited["end_block_index"]]) == cited["cited_text"]
        assert block.strip() in cited["cited_text"]


@given(WILD, st.data())
def test_white_space_may_differ(text: str, data: st.DataObject) -> None:
    """A quote written on one line is found in a text with line breaks, and the other way round."""
    assume(text.strip())
    quote = data.draw(st.sampled_from([" ".join(text.split()), "".join(text.split()), "\n".join(text.split())]))
    cited = citable(plain(text)).locate(quote)
    assert "".join(quote.split()) in "".join(cited["cited_text"].split())
    assert text[cited["start_char_index"] : cited["end_char_index"]] == cited["cited_text"]


def test_an_exact_match_goes_first() -> None:
    """A later document that has the very words is preferred to an earlier one that differs in white space."""
    both = citable(plain("Green  grass."), plain("Green grass."))
    assert both.locate("Green grass")["document_index"] == 1


def test_the_document_may_be_named() -> None:
    """Where several hold the quote, the script says which one."""
    several = citable(plain(NATURE), plain(NATURE), found(NATURE), found(NATURE))
    assert several.resolve({"quote": "sky", "document": 1})["document_index"] == 1
    assert several.resolve({"quote": "sky", "search_result": 1})["search_result_index"] == 1
    with pytest.raises(QuoteNotFound, match="cannot be cited: no such document"):
        several.resolve({"quote": "sky", "document": 2})


def test_finished_citations_stay_as_they_are() -> None:
    """A script may give the citation itself; beside a quote nothing unknown is taken."""
    finished = {"type": "char_location", "cited_text": "x"}
    assert citable().resolve(finished) == finished
    assert citable(plain(NATURE)).resolve("sky")["start_char_index"] == 20
    with pytest.raises(ValueError, match="not documnet"):
        citable(plain(NATURE)).resolve({"quote": "sky", "documnet": 0})


def test_a_scripts_blocks_are_made_whole() -> None:
    """Quotes in text blocks are located, finished citations and other blocks stay as they are."""
    request = parse_messages(body(user(plain(NATURE))), version="2023-06-01", betas=frozenset())
    finished = {"type": "char_location", "cited_text": "x"}
    said = {"type": "text", "text": "Blue.", "citations": ["sky", finished, {"quote": "grass"}]}
    content: list[dict[str, Any]] = [said, {"type": "text", "text": "So."}]
    whole = with_citations(content, request)
    assert [each.get("start_char_index") for each in whole[0]["citations"]] == [20, None, 0]
    assert whole[1:] == content[1:]
    assert without_quotes(content) == [{**said, "citations": [finished]}, content[1]]
    assert with_citations(content[1:], request) == content[1:]
    with pytest.raises(ValueError, match="not page"):
        without_quotes([{**said, "citations": [{"quote": "sky", "page": 1}]}])


@pytest.mark.parametrize(
    "blocks, quote, said",
    [
        (
            (plain(NATURE),),
            "The sky is red.",
            "“The sky is red.” is in no document. Nearest, in document 0: “The sky is blue.”",
        ),
        ((found("By mail."),), "By post.", "Nearest, in search result 0: “By mail.”"),
        ((plain(NATURE, citations={"enabled": False}),), "sky", "no such document or search result of the request has"),
        ((plain(NATURE, title="Facts"),), "Facts", "“Facts” is in no document"),
        ((made_of(IMAGE),), "x", "“x” is not in document 0: it has no text that can be cited"),
        ((plain(NATURE),), "  ", "“” is in no document"),
        ((plain(NATURE),), "long " * 40, "…” is in no document"),
    ],
)
def test_a_quote_that_is_nowhere(blocks: tuple[Any, ...], quote: str, said: str) -> None:
    """The error names the nearest passage, or why there is none."""
    with pytest.raises(QuoteNotFound) as caught:
        citable(*blocks).locate(quote)
    assert said in str(caught.value)


def test_an_unscripted_reply_cites_every_kind() -> None:
    """Lead and quote for each source, two at most, in blocks that the API could have sent."""
    blocks = citable(plain(" \n\n" + NATURE), found("By mail."), made_of("Left out.")).automatic(SOURCE)
    parse_output_blocks(blocks)
    cited = [citation for block in blocks for citation in block.get("citations", ())]
    assert [citation["type"] for citation in cited] == ["char_location", "search_result_location"]
    assert [" ".join(citation["cited_text"].split()) for citation in cited] == [block["text"] for block in blocks[1::2]]


@given(st.binary(min_size=16, max_size=16), st.lists(st.text(), max_size=3))
def test_an_unscripted_reply_is_the_same_for_the_same_request(source: bytes, texts: list[str]) -> None:
    """It cites wherever there is anything to cite, and always the same."""
    citations = citable(*(plain(text) for text in texts))
    blocks = citations.automatic(source)
    assert blocks == citable(*(plain(text) for text in texts)).automatic(source)
    assert bool(blocks) is any(text.strip() for text in texts)


def test_the_opening_of_a_long_source_is_cut_as_the_whole_is() -> None:
    """An unscripted reply reads only the beginning; what it cites is what a quote of it finds."""
    text = "It is said that so it is. " * 1000
    pages = ["One. Two.", "Three.", "Four.", "Five."]
    for document in (plain(text), plain("x" * 9000), plain("One." + " " * 9000 + "Two."), pdf(*pages)):
        opening = citable(document).all_sources[0].opening()
        whole = citable(document).all_sources[0].pieces
        assert list(opening.spans) == list(whole.spans)[: len(opening.spans)]
        assert whole.text.startswith(opening.text)
        assert opening.spans


def test_nothing_is_cut_before_it_is_asked_for() -> None:
    """Making a Citable of a request with a broken PDF costs nothing and fails nowhere."""
    document = {**pdf("Hello."), "citations": {"enabled": False}}
    citations = citable(document, plain(NATURE))
    citations.locate("sky")
    assert "pieces" not in vars(citations.all_sources[0])
    assert "pieces" in vars(citations.all_sources[1])
