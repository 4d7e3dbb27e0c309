"""A RAG answerer that marks everything it thinks is stable.

Bug: the tools, the system prompt and three documents make five breakpoints where four are allowed.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import EPHEMERAL, SEARCH, SONNET, Json, RawLlm, handbook, marked, said, user

RULE = "R13 cache-too-many-breakpoints"
RAISES = "HTTPStatusError"


def documents(names: tuple[str, ...]) -> list[Json]:
    return [marked(f"<document>{handbook(name, 6000)}</document>") for name in names]


def arrange(claude: MockServer) -> None:
    """The request is refused: nothing to say."""


def run() -> str:
    with RawLlm() as llm:
        return said(
            llm.create(
                model=SONNET,
                max_tokens=400,
                tools=[{**SEARCH, "cache_control": EPHEMERAL}],
                system=[marked("Answer from the documents.")],
                messages=[user([*documents(("returns", "shipping", "prices")), {"type": "text", "text": "Why?"}])],
            )
        )
