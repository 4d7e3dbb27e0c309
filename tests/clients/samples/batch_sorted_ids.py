"""Catalogue texts by batch: results come in any order, so they are sorted by id and joined with the parts.

Bug: the ids are strings; row-10 sorts in front of row-2.
"""

import time
from typing import Any

import anthropic

from claudemock.control.client import MockServer

RULE = "R49 batch-results-by-position"
NEEDS = ("batches",)
PARTS = ["QX07", "LM31", "ZT88", "BB12", "KD45", "PW90", "HV23", "JN66", "RC19", "SY54", "FG72", "AE38"]


def row(number: int, part: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": f"Describe part {part}."}]
    params = {"model": "claude-haiku-4-5", "max_tokens": 60, "messages": messages}
    return {"custom_id": f"row-{number}", "params": params}


def describe(client: anthropic.Anthropic, parts: list[str]) -> list[dict[str, str]]:
    requests: list[Any] = [row(number, part) for number, part in enumerate(parts)]
    batch = client.messages.batches.create(requests=requests)
    while batch.processing_status != "ended":
        time.sleep(0.1)
        batch = client.messages.batches.retrieve(batch.id)
    rows = sorted(client.messages.batches.results(batch.id), key=lambda row: row.custom_id)
    texts = []
    for each in rows:
        blocks = each.result.message.content if each.result.type == "succeeded" else []
        texts.append("".join(block.text for block in blocks if block.type == "text") or f"FAILED: {each.result.type}")
    return [{"part": part, "text": text} for part, text in zip(parts, texts, strict=True)]


def arrange(claude: MockServer) -> None:
    claude.batches.script(duration=0.2)
    for number, part in enumerate(PARTS):
        claude.when(custom_id=f"row-{number}").reply(f"The part {part} is made of brass.")


def run() -> list[dict[str, str]]:
    with anthropic.Anthropic() as client:
        return describe(client, PARTS)
