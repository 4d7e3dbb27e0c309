"""A batch job that cannot wait.

Bug: it asks for the state of its batch about a hundred times a second.
"""

import json
import time

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU, Json, raw_client, said, user

RULE = "R52 batch-polling-pace"
NEEDS = ("batches",)
ORACLES = {"complete": True}


def arrange(claude: MockServer) -> None:
    claude.batches.script(duration=0.4)
    claude.when(contains="Name").reply("Rex")


def run() -> dict[str, str]:
    names = {}
    with raw_client() as http:
        rows = [
            {"custom_id": kind, "params": {"model": HAIKU, "max_tokens": 9, "messages": [user(f"Name a {kind}.")]}}
            for kind in ("dog", "cat")
        ]
        batch: Json = http.post("/v1/messages/batches", json={"requests": rows}).raise_for_status().json()
        deadline = time.monotonic() + 20
        while batch["processing_status"] != "ended" and time.monotonic() < deadline:
            time.sleep(0.01)
            batch = http.get(f"/v1/messages/batches/{batch['id']}").raise_for_status().json()
        for line in http.get(batch["results_url"]).raise_for_status().iter_lines():
            row = json.loads(line)
            outcome = row["result"]
            names[row["custom_id"]] = said(outcome["message"]) if outcome["type"] == "succeeded" else outcome["type"]
    return names
