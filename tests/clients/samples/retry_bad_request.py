"""A generator that retries on any error.

Bug: a request that is wrong is wrong each time; a tool whose name has a space is sent three times.
"""

import time

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU, SEARCH, Json, Llm, said, user

RULE = "R17 retry-nonretryable"
RAISES = "GaveUpError"

TOOL: Json = {**SEARCH, "name": "search documents"}


class GaveUpError(Exception):
    """All attempts failed."""


def generate(llm: Llm, task: str) -> str:
    problem: Exception | None = None
    for attempt in range(3):
        try:
            return said(llm.create(model=HAIKU, max_tokens=900, tools=[TOOL], messages=[user(task)]))
        except Exception as error:  # noqa: BLE001 - the bug: whatever it is, try again
            problem = error
            time.sleep(0.3 * 2**attempt)
    raise GaveUpError(task) from problem


def arrange(claude: MockServer) -> None:
    """All requests are refused: nothing to say."""


def run(llm: Llm) -> str:
    return generate(llm, "Write about our history.")
