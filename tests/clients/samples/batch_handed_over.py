"""A submitter writes the id of its batch to a file; a collector with a client of its own reads it and fetches results.

Trap: the program that made the batch never looks at it again.
"""

import json
import tempfile
import time
from pathlib import Path

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU, Json, raw_client, said, user

RULE = None
NEEDS = ("batches",)
ORACLES = {"complete": True}


def submit(store: Path, words: list[str]) -> None:
    rows = [
        {"custom_id": word, "params": {"model": HAIKU, "max_tokens": 9, "messages": [user(f"Plural of {word}?")]}}
        for word in words
    ]
    with raw_client() as http:
        made = http.post("/v1/messages/batches", json={"requests": rows}).raise_for_status().json()
    store.write_text(made["id"])


def collect(store: Path) -> dict[str, str]:
    address = f"/v1/messages/batches/{store.read_text()}"
    with raw_client() as http:
        for attempt in range(5):
            batch: Json = http.get(address).raise_for_status().json()
            if batch["processing_status"] == "ended":
                break
            time.sleep(0.1 * 2**attempt)
        rows = [json.loads(line) for line in http.get(batch["results_url"]).raise_for_status().iter_lines()]
    return {
        row["custom_id"]: said(row["result"]["message"]) if row["result"]["type"] == "succeeded" else "?"
        for row in rows
    }


def arrange(claude: MockServer) -> None:
    for word, plural in (("mouse", "mice"), ("goose", "geese")):
        claude.when(contains=f"of {word}").reply(plural)


def run() -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "batch.txt"
        submit(store, ["mouse", "goose"])
        found = collect(store)
    assert found == {"mouse": "mice", "goose": "geese"}
    return found
