"""Batches as tests send them, and what they read of the answers."""

import json
from collections.abc import Sequence
from typing import Any

from claudemock.control.client import MockServer
from tests.wire_client import Response, send

PATH = "/v1/messages/batches"
MODEL = "claude-opus-4-8"


def params(text: str = "Hello", **more: Any) -> dict[str, Any]:
    """The params of one small request."""
    return {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": text}], **more}


def requests(count: int) -> list[dict[str, Any]]:
    """Small requests `r-0`, `r-1`, …, each with its number in its text."""
    return [{"custom_id": f"r-{number}", "params": params(f"number {number}")} for number in range(count)]


def create(server: MockServer, items: Sequence[Any] | int, **headers: str | None) -> dict[str, Any]:
    """A new batch; fails unless it was accepted."""
    listed = requests(items) if isinstance(items, int) else items
    answer = send(server, "POST", PATH, {"requests": listed}, _named(headers))
    assert answer.status == 200, answer.body
    return dict(answer.json)


def poll(server: MockServer, name: str, **headers: str | None) -> dict[str, Any]:
    """The batch as a poll shows it."""
    answer = send(server, "GET", f"{PATH}/{name}", headers=_named(headers))
    assert answer.status == 200, answer.body
    return dict(answer.json)


def results(server: MockServer, name: str) -> list[dict[str, Any]]:
    """The lines of the results."""
    return lines(send(server, "GET", f"{PATH}/{name}/results"))


def lines(answer: Response) -> list[dict[str, Any]]:
    """The JSON lines of an answer, which end in bare line feeds, the last one too."""
    assert answer.status == 200, answer.body
    *found, rest = answer.body.split(b"\n")
    assert rest == b""
    return [json.loads(line) for line in found]


def ends(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """How each request ended."""
    return {row["custom_id"]: row["result"]["type"] for row in rows}


def counts(batch: dict[str, Any]) -> dict[str, int]:
    """The request counts that are not 0."""
    return {name: count for name, count in batch["request_counts"].items() if count}


def _named(headers: dict[str, str | None]) -> dict[str, str | None]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
