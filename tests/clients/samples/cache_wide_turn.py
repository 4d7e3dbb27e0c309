"""A crawler that opens many pages in one turn.

Bug: the only breakpoint is on the last block, and one turn adds far more than twenty blocks, so that the next look-up
never gets back to what was written before.
"""

from typing import Any

from claudemock.control.client import MockServer
from tests.clients.kit import EPHEMERAL, OPUS, Json, Llm, assistant, calls, handbook, result, said, user

RULE = "R36 cache-lookback-exceeded"
OPEN: Json = {
    "name": "open_page",
    "description": "The text of a web page.",
    "input_schema": {"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]},
}
PAGES = 26


def arrange(claude: MockServer) -> None:
    for turn in range(3):
        pages: list[Any] = [{"name": "open_page", "input": {"url": f"https://x.test/{turn}/{n}"}} for n in range(PAGES)]
        claude.reply({"tool_use": pages})
    claude.reply("All pages say the same.")


def run(llm: Llm) -> str:
    history = [user([{"type": "text", "text": f"Compare the pages.\n\n{handbook('comparing')}"}])]
    for _ in range(6):
        *before, last = history
        *blocks, final = last["content"]
        message = llm.create(
            model=OPUS,
            max_tokens=2000,
            tools=[OPEN],
            messages=[*before, user([*blocks, {**final, "cache_control": EPHEMERAL}])],
        )
        if message["stop_reason"] != "tool_use":
            return said(message)
        opened = [result(call, f"Page {call['input']['url']} is empty.") for call in calls(message)]
        history += [assistant(message["content"]), user(opened)]
    raise RuntimeError("too many turns")
