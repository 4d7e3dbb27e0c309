"""A raw client whose token expires.

Trap: the same request again after a 401, but with another credential.
"""

import os
from collections.abc import Generator

import httpx2

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, said, user

RULE = None
NEEDS = ("fault",)


class TokenAuth(httpx2.Auth):
    def __init__(self) -> None:
        self.token = self._issue("first")

    def _issue(self, name: str) -> str:
        return f"{os.environ['ANTHROPIC_API_KEY']}.{name}"

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["authorization"] = f"Bearer {self.token}"
        response = yield request
        if response.status_code == 401:
            self.token = self._issue("second")
            request.headers["authorization"] = f"Bearer {self.token}"
            yield request


def arrange(claude: MockServer) -> None:
    claude.fault("authentication", nth=2)
    claude.reply("One.")
    claude.reply("Two.")


def run() -> list[str]:
    answers = []
    with httpx2.Client(
        base_url=os.environ["ANTHROPIC_BASE_URL"], auth=TokenAuth(), headers={"anthropic-version": "2023-06-01"}
    ) as http:
        for line in ("Say one.", "Say two."):
            body: Json = {"model": SONNET, "max_tokens": 20, "messages": [user(line)]}
            answers.append(said(http.post("/v1/messages", json=body).raise_for_status().json()))
    return answers
