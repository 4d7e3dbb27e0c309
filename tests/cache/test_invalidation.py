"""The documentation's table of what invalidates what, row by row."""

from dataclasses import dataclass
from typing import Any

import pytest

from claudemock.catalog import Model
from tests.cache.prompts import FIVE, MODEL, Json, Session, assistant, body, make_model, prompt_of, text, tool, user

KEPT = {"tools": 1, "system": 2, "messages": 3}
DOCUMENT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "d"}}
CITED = {**DOCUMENT, "citations": {"enabled": True}}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
WEB = {"type": "web_search_20260318", "name": "web_search"}
ADAPTIVE = {"type": "adaptive"}
THINKS = make_model(thinking_default="on")
CALL = {"type": "tool_use", "id": "t", "name": "a", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t", "content": "r"}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "s"}


def ask(*more: Json, tools: list[Json] | None = None, system: str = "s", **fields: Any) -> Json:
    """A request with a breakpoint on each group, and then more."""
    tools = [tool("a", FIVE)] if tools is None else tools
    return body(user(text("m", FIVE)), *more, tools=tools, system=[text(system, FIVE)], **fields)


def turned_tool() -> Json:
    """The tool `a`, with the keys of its schema turned round."""
    made = tool("a", FIVE)
    return {**made, "input_schema": dict(reversed(made["input_schema"].items()))}


@dataclass(frozen=True)
class Row:
    """A first request, a changed one, and the last group that is still read from the cache (None: none is)."""

    change: str
    after: Json
    survives: str | None
    before: Json | None = None  # None: `ask()`
    model: Model = MODEL
    then: Model | None = None


ROWS = [
    Row("nothing", ask(), "messages"),
    Row("a tool's description", ask(tools=[tool("a", FIVE, description="new")]), None),
    Row("a tool's schema, keys in another order", ask(tools=[turned_tool()]), None),
    Row("web search on", ask(tools=[WEB, tool("a", FIVE)]), "tools"),
    Row("web search off", ask(), "tools", before=ask(tools=[tool("a", FIVE), WEB])),
    Row("web fetch on", ask(tools=[tool("a", FIVE), {"type": "web_fetch_20260318", "name": "web_fetch"}]), "tools"),
    Row("citations on", ask(assistant("b"), user(CITED)), "tools", before=ask(assistant("b"), user(DOCUMENT))),
    Row("speed", ask(speed="fast"), "tools"),
    Row("speed standard, said", ask(speed="standard"), "messages"),
    Row("system text", ask(system="other"), "tools"),
    Row("tool_choice", ask(tool_choice={"type": "any"}), "system"),
    Row("another tool_choice", ask(tool_choice={"type": "any"}), "system", before=ask(tool_choice={"type": "none"})),
    Row("tool_choice auto, said", ask(tool_choice={"type": "auto"}), "messages"),
    Row("no parallel calls", ask(tool_choice={"type": "auto", "disable_parallel_tool_use": True}), "system"),
    Row("parallel calls, said", ask(tool_choice={"type": "auto", "disable_parallel_tool_use": False}), "messages"),
    Row("an image", ask(assistant("b"), user(IMAGE)), "system"),
    Row("an image in a tool result", ask(assistant(CALL), user({**RESULT, "content": [IMAGE]})), "system"),
    Row("one more image", ask(assistant("b"), user(IMAGE), user(IMAGE)), "messages", before=ask(user(IMAGE))),
    Row("thinking on", ask(thinking=ADAPTIVE), "system"),
    Row("thinking off, said, where that is the default", ask(thinking={"type": "disabled"}), "messages"),
    Row("thinking on, said, where that is the default", ask(thinking=ADAPTIVE), "messages", model=THINKS),
    Row("thinking off where on is the default", ask(thinking={"type": "disabled"}), "system", model=THINKS),
    Row(
        "thinking budget",
        ask(thinking={"type": "enabled", "budget_tokens": 2048}),
        "system",
        before=ask(thinking={"type": "enabled", "budget_tokens": 1024}),
    ),
    Row(
        "thinking shown otherwise", ask(thinking={**ADAPTIVE, "display": "omitted"}), "messages", ask(thinking=ADAPTIVE)
    ),
    Row("effort", ask(output_config={"effort": "low"}), "system"),
    Row("effort high, said, where that is the default", ask(output_config={"effort": "high"}), "messages"),
    Row("output format", ask(output_config={"format": {"type": "json_schema", "schema": {}}}), "system"),
    Row("model", ask(), None, then=make_model(id="claude-test-2")),
    Row("a system message appended", ask(assistant("b"), {"role": "system", "content": "now"}), "messages"),
    Row("a tool of deferred loading", ask(tools=[tool("a", FIVE), tool("b", defer_loading=True)]), "messages"),
    Row("the same before the others", ask(tools=[tool("b", defer_loading=True), tool("a", FIVE)]), "messages"),
    Row(
        "a tool added by the conversation",
        ask(assistant("b"), {"role": "system", "content": [{"type": "tool_addition", "tools": []}]}),
        "messages",
    ),
    Row("max_tokens, metadata, stop sequences", ask(metadata={"user_id": "u"}, stop_sequences=["x"]), "messages"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.change)
def test_what_survives(row: Row) -> None:
    """A change loses its own group and those behind it, and no other."""
    session = Session(row.model)
    before = row.before or ask()
    session.send(before)
    read = session.send(row.after, model=row.then or row.model).read
    assert read == (prompt_of(before).tokens(KEPT[row.survives] - 1) if row.survives else 0)


@pytest.mark.parametrize("kept, survives", [("last_turn", False), ("all", True)])
def test_a_new_user_turn_while_thinking(kept: str, survives: bool) -> None:
    """Models that keep only the last turn's thinking lose what stands behind a former thought; the others keep it."""
    session = Session(make_model(thinking_kept=kept))
    turn = [user("a"), assistant(THOUGHT, CALL), user({**RESULT, "cache_control": FIVE})]
    written = session.send(body(*turn, thinking=ADAPTIVE)).written_5m
    assert session.send(body(*turn, thinking=ADAPTIVE)).read == written
    read = session.send(body(*turn, assistant("b"), user(text("c", FIVE)), thinking=ADAPTIVE)).read
    assert read == (written if survives else 0)


@pytest.mark.parametrize("kept", ["last_turn", "all"])
def test_tool_results_while_thinking_keep_everything(kept: str) -> None:
    """Within one tool-use turn every model keeps its thinking."""
    session = Session(make_model(thinking_kept=kept))
    turn = [user("a"), assistant(THOUGHT, CALL), user({**RESULT, "cache_control": FIVE})]
    written = session.send(body(*turn)).written_5m
    assert session.send(body(*turn, assistant(THOUGHT, CALL), user({**RESULT, "cache_control": FIVE}))).read == written


@pytest.mark.parametrize("joins, same", [(frozenset(), True), (frozenset({"output-300k-2026-03-24"}), False)])
def test_betas_join_the_key_only_when_asked(joins: frozenset[str], same: bool) -> None:
    """It is not documented whether beta headers are part of the key; a switch says so."""
    session = Session()
    written = session.send(ask()).written_5m
    assert (session.send(ask(), key_betas=joins).read == written) is same


def test_what_stands_before_a_compaction_is_not_read() -> None:
    """A compaction block replaces the messages before it: changing those changes nothing."""
    compaction = {"type": "compaction", "content": "summary"}
    keys = []
    for first in ("one", "two"):
        prompt = prompt_of(body(user(first), assistant("x", compaction, "y"), user("z"), system=[text("s")]))
        assert [each.location for each in prompt.segments()] == [
            "system.0",
            "messages.1.content.1",
            "messages.1.content.2",
            "messages.2.content.0",
        ]
        keys.append(prompt.keys([3])[3])
    assert keys[0] == keys[1]
