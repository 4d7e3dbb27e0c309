"""A raw batch client that bears with a batch that is not found at once, and with one overloaded poll.

Trap: polls that fail, the first right after the creation, and requests repeated after a 404.
"""

import json
import time

import httpx2

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, raw_client, said, user

RULE = None
NEEDS = ("batches", "fault")
ORACLES = {"complete": True}


def state_of(http: httpx2.Client, batch_id: str) -> Json | None:
    response = http.get(f"/v1/messages/batches/{batch_id}")
    if response.status_code in (404, 429) or response.status_code >= 500:
        return None
    state: Json = response.raise_for_status().json()
    return state


def arrange(claude: MockServer) -> None:
    claude.batches.script(not_found=1, duration=0.2)
    claude.fault("overloaded", path="/v1/messages/batches/*", nth=2)
    claude.when(contains="capital").reply("Oslo")


def run() -> str:
    row = {"custom_id": "norway", "params": {"model": SONNET, "max_tokens": 9, "messages": [user("The capital?")]}}
    with raw_client() as http:
        made = http.post("/v1/messages/batches", json={"requests": [row]}).raise_for_status().json()
        for attempt in range(6):
            state = state_of(http, made["id"])
            if state and state["processing_status"] == "ended":
                (line,) = http.get(state["results_url"]).raise_for_status().text.splitlines()
                outcome = json.loads(line)["result"]
                return said(outcome["message"]) if outcome["type"] == "succeeded" else str(outcome["type"])
            time.sleep(0.2 * 2**attempt)
    raise TimeoutError(made["id"])
