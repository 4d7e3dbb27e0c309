"""A raw batch client that retries when the connection breaks.

Bug: the first attempt had arrived; creating a batch again without looking for it first makes two batches.
"""

import json
import time

import httpx2

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, raw_client, said, user

RULE = "R43 retry-side-effects"
ALSO = ("R48 batch-not-collected",)
NEEDS = ("batches", "fault")
ORACLES = {"complete": True}


def create(http: httpx2.Client, rows: list[Json]) -> Json:
    for attempt in range(3):
        try:
            made: Json = http.post("/v1/messages/batches", json={"requests": rows}).raise_for_status().json()
        except httpx2.TransportError:
            time.sleep(0.25 * 2**attempt)
            continue
        return made
    raise ConnectionError("the batch could not be created")


def arrange(claude: MockServer) -> None:
    claude.fault("cut", path="/v1/messages/batches", after_bytes=0, times=1)
    claude.when(contains="rhyme").reply("time")


def run() -> dict[str, str]:
    rows = [
        {"custom_id": word, "params": {"model": SONNET, "max_tokens": 9, "messages": [user(f"A rhyme for {word}.")]}}
        for word in ("lime", "dime")
    ]
    with raw_client() as http:
        batch = create(http, rows)
        for attempt in range(4):
            if batch["processing_status"] == "ended":
                break
            time.sleep(0.1 * 2**attempt)
            batch = http.get(f"/v1/messages/batches/{batch['id']}").raise_for_status().json()
        results = [json.loads(line) for line in http.get(batch["results_url"]).raise_for_status().iter_lines()]
    return {
        row["custom_id"]: said(row["result"]["message"])
        for row in results
        if row["result"]["type"] == "succeeded" or _report(row)
    }


def _report(row: Json) -> bool:
    raise RuntimeError(f"{row['custom_id']}: {row['result']['type']}")
