"""The token estimator: recorded counts within tolerance, and what each part of a request adds."""

import base64
import struct
from typing import Any

import pytest

from claudemock.prompt.media import image_patches, image_size, pdf_pages
from claudemock.prompt.tokens import TokenEstimator

ESTIMATOR = TokenEstimator.load()
OLD, NEW = "claude-3", "claude-4-7"
WEATHER = {
    "name": "get_weather",
    "description": "Current weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def body(*turns: object, model: str = "claude-opus-4-6", **fields: object) -> dict[str, Any]:
    """A request; a plain string is a user turn."""
    return {
        "model": model,
        "messages": [{"role": "user", "content": turn} if isinstance(turn, str) else turn for turn in turns],
        **fields,
    }


def png(width: int, height: int) -> str:
    """The beginning of a PNG of that size, in base64."""
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x06\0\0\0"
    return base64.b64encode(head + bytes(40)).decode()


def image(width: int, height: int) -> dict[str, Any]:
    """An image block of that size."""
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": png(width, height)}}


def pdf(pages: int) -> dict[str, Any]:
    """A document block with a PDF of so many pages."""
    data = b"%PDF-1.4\n" + b"".join(b"%d 0 obj <</Type /Page /Parent 1 0 R>>\n" % n for n in range(pages))
    return {
        "type": "document",
        "source": {
            "type": "base64",
            "media_type": "application/pdf",
            "data": base64.b64encode(data + b"<</Type /Pages>>").decode(),
        },
    }


@pytest.mark.parametrize(
    ("turns", "system", "recorded"),
    [
        (["Hi"], None, 8),
        (["Say hello"], None, 9),
        (["Say hello."], None, 10),
        (["Who created you?"], None, 11),
        (["what's my name?"], None, 12),
        (["What does 42 mean?"], None, 14),
        (["Count from 1 to 5, then write STOP, then continue."], None, 24),
        (["What is 1+1?"], "Be terse", 17),
        (["Alice left the company."], "You are a helpful assistant.", 18),
    ],
)
def test_short_prompts_count_as_recorded(turns: list[str], system: str | None, recorded: int) -> None:
    """Prompts of one line are within two tokens of the real count."""
    request = body(*turns) if system is None else body(*turns, system=system)
    assert abs(ESTIMATOR.request(request, OLD) - recorded) <= 2


@pytest.mark.parametrize(
    ("model", "choice", "recorded"),
    [
        ("claude-3-5-haiku-20241022", "auto", 316),
        ("claude-sonnet-4-20250514", "auto", 373),
        ("claude-haiku-4-5-20251001", "auto", 556),
        ("claude-haiku-4-5-20251001", "none", 556),
        ("claude-haiku-4-5-20251001", "any", 647),
    ],
)
def test_tools_cost_what_they_cost_the_family(model: str, choice: str, recorded: int) -> None:
    """The prompt that tools bring with them depends on the models' family and on tool_choice."""
    request = body("What is the weather?", model=model, tools=[WEATHER], tool_choice={"type": choice})
    assert ESTIMATOR.request(request, OLD) == pytest.approx(recorded, rel=0.04)


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [("2", 5, 3), ("Hello", 4, 5), ("OK", 4, None), ("3 * 4 = 12", 13, None), ('{"output": 7}', 9, None)],
)
def test_short_replies_count_as_recorded(text: str, old: int, new: int | None) -> None:
    """One word of output is four tokens, because ending the turn costs three."""
    reply = [{"type": "text", "text": text}]
    assert abs(ESTIMATOR.output(reply, OLD) - old) <= 2
    assert new is None or abs(ESTIMATOR.output(reply, NEW) - new) <= 1


@pytest.mark.parametrize(
    ("choice", "recorded"), [({"type": "auto"}, 56), (None, 56), ({"type": "any"}, 38), ({"type": "tool"}, 26)]
)
def test_a_forced_call_writes_less(choice: object, recorded: int) -> None:
    """With a forced tool the API has written the beginning of the call already."""
    call = [{"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"location": "Paris, France"}}]
    assert abs(ESTIMATOR.output(call, OLD, choice) - recorded) <= 4


@pytest.mark.parametrize(
    ("size", "patches"),
    [((400, 400), 225), ((405, 405), 225), ((330, 291), 132), ((499, 313), 216), ((60, 30), 6), ((1191, 1128), 1558)],
)
def test_images_cost_their_patches(size: tuple[int, int], patches: int) -> None:
    """Images cost one token per 28-pixel square after shrinking, plus two or three, as recorded."""
    bare = ESTIMATOR.block(image(1, 1), OLD) - 1
    assert ESTIMATOR.block(image(*size), OLD) == pytest.approx(bare + patches)
    assert bare == pytest.approx(2.5, abs=1)


def test_newer_models_see_larger_images() -> None:
    """A photograph of 2576 x 1456 pixels is the largest the newer models take unshrunk: 4784 squares."""
    assert image_patches(2576, 1456, max_edge=2576, max_tokens=4784) == 4784
    assert image_patches(5152, 2912, max_edge=2576, max_tokens=4784) == 4784
    assert image_patches(2576, 1456, max_edge=1568, max_tokens=1568) <= 1568


def test_image_sizes_are_read_from_every_format() -> None:
    """The four formats carry their size in different places; other data has none."""
    gif = b"GIF89a" + struct.pack("<HH", 330, 291)
    lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 330, 291)
    lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", 329 | 290 << 14) + bytes(8)
    extended = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0" + (329).to_bytes(3, "little") + (290).to_bytes(3, "little")
    comment = b"\xff\xfe" + struct.pack(">H", 9000) + bytes(8998)
    jpeg = b"\xff\xd8" + comment + b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, 291, 330, 3)
    for raw in (gif, lossy, lossless, extended, jpeg):
        assert image_size(base64.b64encode(raw + bytes(60)).decode()) == (330, 291)
    assert image_size(png(330, 291)) == (330, 291)
    assert image_size(base64.b64encode(b"BM" + bytes(60)).decode()) is None
    assert image_size("!") is None


def test_pdf_pages_cost_an_image_each() -> None:
    """A page costs about 1,560 tokens and its text; pages hidden in compressed objects are still counted."""
    one, three = (ESTIMATOR.request(body({"role": "user", "content": [pdf(n)]}), OLD) for n in (1, 3))
    assert one == pytest.approx(1570, rel=0.03)
    assert three - one == pytest.approx(2 * 1540, rel=0.05)
    assert pdf_pages(base64.b64encode(b"%PDF-1.5 <</Type/Pages/Count 12>>").decode()) == 12
    assert pdf_pages(base64.b64encode(b"%PDF-1.5 nothing to be seen").decode()) == 1


def test_what_the_prompt_leaves_out_costs_nothing() -> None:
    """Deferred tools, what precedes a compaction, former thinking and the billing line are not in the prompt."""
    asked = ESTIMATOR.request(body("Hi", tools=[WEATHER]), OLD)
    assert ESTIMATOR.request(body("Hi", tools=[WEATHER, {**WEATHER, "defer_loading": True}]), OLD) == asked
    short = {"role": "assistant", "content": [{"type": "compaction", "content": "So far so good."}]}
    assert ESTIMATOR.request(body("word " * 900, short, "Hi"), OLD) < 200
    thought = [{"type": "thinking", "thinking": "word " * 900, "signature": "E"}, {"type": "text", "text": "4"}]
    turns = ("2+2?", {"role": "assistant", "content": thought}, "3+3?")
    assert ESTIMATOR.request(body(*turns, model="claude-sonnet-4-5"), OLD) < 60
    assert ESTIMATOR.request(body(*turns, model="claude-opus-4-5"), OLD) > 900
    line = [{"type": "text", "text": "x-anthropic-billing-header: cc_version=2; cc_entrypoint=sdk-ts; cch=1;"}]
    assert ESTIMATOR.request(body("Hi", system=line), OLD) == ESTIMATOR.request(body("Hi"), OLD)


def test_texts_in_other_blocks_count_as_texts() -> None:
    """A system message sent as a block, and what Claude Code says between calls, cost what their text costs."""
    words = {"type": "text", "text": "Be brief."}
    note = {"type": "mid_conv_system", "content": [words]}
    said = {"type": "connector_text", "connector_text": "Be brief.", "signature": "Eo4C"}
    turns = [{"role": "user", "content": [words, block]} for block in (words, note, said)]
    assert len({ESTIMATOR.request(body(turn), OLD) for turn in turns}) == 1


def test_thinking_in_a_tool_loop_stays_in_the_prompt() -> None:
    """A message of tool results alone does not end the turn, so no model drops the thinking before it."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
    thought = {"type": "thinking", "thinking": "word " * 900, "signature": "E"}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "sun"}]}
    turns = ("Weather?", {"role": "assistant", "content": [thought, call]}, result)
    assert ESTIMATOR.request(body(*turns, model="claude-sonnet-4-5"), OLD) > 900


def test_citations_are_paid_once() -> None:
    """Citations bring instructions of about 500 tokens, however many documents may be cited."""
    source = {"type": "text", "media_type": "text/plain", "data": "The grass is green."}
    plain = {"type": "document", "source": source}
    cited = {**plain, "citations": {"enabled": True}}
    counts = [
        ESTIMATOR.request(body({"role": "user", "content": content}), OLD)
        for content in ([plain], [cited], [plain, plain], [cited, cited])
    ]
    assert counts[1] - counts[0] == pytest.approx(500, abs=40)
    assert counts[3] - counts[2] == pytest.approx(counts[1] - counts[0], abs=1)
    found = {"type": "search_result", "title": "t", "source": "s", "content": [], "citations": {"enabled": True}}
    inside = [{"type": "tool_result", "tool_use_id": "toolu_1", "content": [found]}]
    assert ESTIMATOR.request(body({"role": "user", "content": inside}), OLD) > 500


def test_request_options_cost_tokens() -> None:
    """Thinking, structured output and MCP servers change the prompt."""
    plain = ESTIMATOR.request(body("Hi"), OLD)
    assert ESTIMATOR.request(body("Hi", thinking={"type": "enabled"}), OLD) - plain == pytest.approx(28, abs=2)
    assert 0 <= ESTIMATOR.request(body("Hi", thinking={"type": "adaptive"}), OLD) - plain <= 5
    wanted = {"type": "json_schema", "schema": WEATHER["input_schema"]}
    structured = ESTIMATOR.request(body("Hi", output_config={"format": wanted}), OLD)
    assert structured == ESTIMATOR.request(body("Hi", output_format=wanted), OLD)
    assert 90 < structured - plain < 250
    assert ESTIMATOR.request(body("Hi", mcp_servers=[{"type": "url"}]), OLD) > plain + 300


def test_server_tools_have_fixed_costs() -> None:
    """A server tool's definition is the API's own; its price does not depend on the fields given."""
    counts = {
        name: ESTIMATOR.request(body("Hi", model="claude-sonnet-4-6", tools=[{"type": name, "name": "x"}]), OLD)
        for name in ("web_search_20250305", "web_fetch_20250910", "code_execution_20250522", "bash_20250124")
    }
    assert counts["web_search_20250305"] == pytest.approx(2212, rel=0.01)
    assert counts["web_fetch_20250910"] == pytest.approx(1029, rel=0.01)
    assert counts["code_execution_20250522"] == pytest.approx(932, rel=0.04)
    old = body("Hi", model="claude-3-5-haiku-latest", tools=[{"type": "web_search_20250305", "name": "web_search"}])
    assert ESTIMATOR.request(old, OLD) == pytest.approx(2626, rel=0.01)


def test_hidden_thinking_shows_in_its_signature() -> None:
    """With omitted thinking the text is empty, and only the length of the signature tells how much there was."""
    short, long = ({"type": "thinking", "thinking": "", "signature": "E" * n} for n in (330, 2330))
    assert ESTIMATOR.output([long], NEW) - ESTIMATOR.output([short], NEW) == pytest.approx(500, abs=1)


def test_the_newer_tokenizer_counts_more() -> None:
    """Opus 4.7 and later need about a third more tokens for the same prose."""
    text = "Software engineering practices describe how careful people build programs that others depend on. " * 20
    assert 1.15 < ESTIMATOR.text(text, NEW) / ESTIMATOR.text(text, OLD) < 1.6


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The committee will meet again in spring to discuss the remaining questions. ", 4.0, 6.5),
        ("for index in range(len(items)):\n    total += items[index].price\n", 2.5, 4.5),
        ('{"type": "object", "properties": {"city": {"type": "string"}}}', 2.0, 4.0),
        ("漢字仮名交じり文の例です。", 0.7, 1.3),
        ("Пример русского текста для оценки. ", 1.3, 2.5),
        ("😀🎉", 0.25, 0.6),
        (base64.b64encode(bytes(range(256))).decode(), 1.2, 1.8),
        ("b" * 500, 2.2, 3.0),
        ("=" * 200, 10, 60),
        (" " * 200, 50, 150),
    ],
)
def test_characters_per_token_fit_the_kind_of_text(text: str, low: float, high: float) -> None:
    """Prose, code, JSON, other scripts, noise and runs each have their own density."""
    assert low < len(text) / ESTIMATOR.text(text, OLD) < high


def test_unknown_tokenizers_are_refused() -> None:
    """A wrong key of the catalogue shows at once."""
    with pytest.raises(KeyError):
        ESTIMATOR.request(body("Hi"), "claude-9")


def test_unknown_models_count_as_the_newest() -> None:
    """A model of no known family is taken for one of its tokenizer's newest family."""
    counts = {
        model: ESTIMATOR.request(body("Hi", model=model, tools=[WEATHER]), NEW)
        for model in ("house-model", "claude-opus-5")
    }
    assert counts["house-model"] == counts["claude-opus-5"]
    assert ESTIMATOR.request({"messages": []}, NEW) >= 1
