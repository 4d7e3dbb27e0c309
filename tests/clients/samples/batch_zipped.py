"""A review scorer that batches.

Bug: it zips the inputs with the rows of the results file, which come in any order.
"""

import json
import time

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU, raw_client, said, user

RULE = "R49 batch-results-by-position"
NEEDS = ("batches",)
ORACLES = {"complete": True}
REVIEWS = {"Loved it, ten out of ten": "score 10", "Broke on day one": "score 1", "It is all right": "score 6"}


def score(reviews: list[str]) -> dict[str, str]:
    rows = [
        {"custom_id": f"review-{n}", "params": {"model": HAIKU, "max_tokens": 9, "messages": [user(review)]}}
        for n, review in enumerate(reviews)
    ]
    with raw_client() as http:
        batch = http.post("/v1/messages/batches", json={"requests": rows}).raise_for_status().json()
        while batch["processing_status"] != "ended":
            time.sleep(0.1)
            batch = http.get(f"/v1/messages/batches/{batch['id']}").raise_for_status().json()
        lines = http.get(batch["results_url"]).raise_for_status().text.splitlines()
    answers = [said(json.loads(line)["result"]["message"]) for line in lines]
    return dict(zip(reviews, answers, strict=True))


def arrange(claude: MockServer) -> None:
    claude.batches.script(order="reversed")
    for review, answer in REVIEWS.items():
        claude.when(contains=review).reply(answer)


def run() -> dict[str, str]:
    found = score(list(REVIEWS))
    assert found != REVIEWS
    return found
