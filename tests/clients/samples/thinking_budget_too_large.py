"""An analyst that grew its thinking budget over time.

Bug: the budget is as large as `max_tokens`, which leaves nothing for the answer and is refused.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, RawLlm, said, user

RULE = "R25 thinking-config-invalid"
RAISES = "HTTPStatusError"
LIMIT = 10_000


def settings(effort: int) -> Json:
    return {"max_tokens": LIMIT, "thinking": {"type": "enabled", "budget_tokens": 2500 * effort}}


def arrange(claude: MockServer) -> None:
    for effort in (1, 2, 3):
        claude.reply(f"A finding with effort {effort}.")


def run() -> list[str]:
    with RawLlm() as llm:
        return [said(llm.create(model=SONNET, messages=[user("Why?")], **settings(effort))) for effort in (1, 2, 3, 4)]
