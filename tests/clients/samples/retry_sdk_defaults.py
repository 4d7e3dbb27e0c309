"""An agent that leaves retries to the SDK.

Trap: equal requests after a failure, which are attempts of one call, cached prompt included.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, SEARCH, AsyncSdkLlm, assistant, calls, handbook, marked, result, said, user

RULE = None
NEEDS = ("fault",)


def arrange(claude: MockServer) -> None:
    claude.fault("overloaded", nth=1, retry_after_ms=40)
    claude.fault("api_error", nth=3)
    claude.fault("rate_limited", nth=5, retry_after_ms=250)
    claude.reply(tool_use("search", query="exports"))
    claude.reply(tool_use("search", query="imports"))
    claude.reply("Exports grew, imports did not.")


async def run() -> str:
    system, history = [marked(handbook("trade"))], [user("How is trade?")]
    async with AsyncSdkLlm() as llm:
        for _ in range(6):
            message = await llm.create(model=OPUS, max_tokens=500, system=system, tools=[SEARCH], messages=history)
            if message["stop_reason"] != "tool_use":
                return said(message)
            done = [result(call, f"{call['input']['query']}: see page 4") for call in calls(message)]
            history += [assistant(message["content"]), user(done)]
    raise RuntimeError("too many turns")
