"""An extractor that wants JSON, and asks again when it does not parse.

Bug: the JSON does not parse because it was cut off by max_tokens, and the same limit cuts it off each time.
"""

import json

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, Llm, said, user

RULE = "R08 stop-max-tokens-ignored"
CUT = '{"people": [{"name": "Ada", "born": 1815}, {"name": "Charles", "bo'


def extract(llm: Llm, text: str, attempts: int = 4) -> Json:
    for _ in range(attempts):
        message = llm.create(model=SONNET, max_tokens=50, messages=[user(f"People in this text, as JSON: {text}")])
        try:
            found: Json = json.loads(said(message))
        except json.JSONDecodeError:
            continue
        return found
    return {}


def arrange(claude: MockServer) -> None:
    for _ in range(4):
        claude.reply(CUT, stop_reason="max_tokens")


def run(llm: Llm) -> Json:
    return extract(llm, "Ada (1815) wrote to Charles (1791), who wrote to Mary (1780).")
