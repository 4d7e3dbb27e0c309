"""An evaluation on raw HTTP that waits for its batch.

Bug: when the batch has ended it reports how many requests succeeded, and never fetches what they said.
"""

import time

import httpx2

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU, Json, raw_client, user

RULE = "R48 batch-not-collected"
NEEDS = ("batches",)
ORACLES = {"complete": True}


class Evaluation:
    def __init__(self, http: httpx2.Client) -> None:
        self.http = http

    def start(self, questions: list[str]) -> str:
        rows = [
            {"custom_id": f"q{n}", "params": {"model": HAIKU, "max_tokens": 50, "messages": [user(question)]}}
            for n, question in enumerate(questions)
        ]
        made = self.http.post("/v1/messages/batches", json={"requests": rows}).raise_for_status().json()
        return str(made["id"])

    def wait(self, batch: str) -> Json:
        for attempt in range(6):
            state: Json = self.http.get(f"/v1/messages/batches/{batch}").raise_for_status().json()
            if state["processing_status"] == "ended":
                return state
            time.sleep(0.1 * 2**attempt)
        raise TimeoutError(batch)


def arrange(claude: MockServer) -> None:
    claude.batches.script(duration=0.2)
    claude.when(contains="plus").reply("Four or so.")


def run() -> str:
    with raw_client() as http:
        evaluation = Evaluation(http)
        state = evaluation.wait(evaluation.start(["one plus one", "two plus two"]))
    counts = state["request_counts"]
    return f"{counts['succeeded']} of {sum(counts.values())} questions answered"
