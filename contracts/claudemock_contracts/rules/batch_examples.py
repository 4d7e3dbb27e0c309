"""Steps of examples with message batches: made, looked at, downloaded."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from claudemock_contracts.examples import Step, http

BATCHES = "/v1/messages/batches"
ONE = "msgbatch_1"


def row(custom_id: str, question: str, **params: Any) -> dict[str, Any]:
    """One request of a batch."""
    messages = [{"role": "user", "content": question}]
    return {
        "custom_id": custom_id,
        "params": {"model": "claude-opus-4-8", "max_tokens": 512, "messages": messages, **params},
    }


def shown(status: str = "in_progress", batch: str = ONE, **counts: int) -> dict[str, Any]:
    """A batch as the API shows it."""
    blank = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    return {
        "id": batch,
        "type": "message_batch",
        "processing_status": status,
        "request_counts": {**blank, **counts},
        "results_url": f"{BATCHES}/{batch}/results" if status == "ended" else None,
    }


def create(*rows: Mapping[str, Any], batch: str = ONE, **fields: Any) -> Step:
    """The client makes a batch."""
    return http("POST", BATCHES, body={"requests": list(rows)}, response=shown(batch=batch), **fields)


def poll(status: str = "in_progress", batch: str = ONE, **counts: int) -> Step:
    """The client looks at it."""
    return http("GET", f"{BATCHES}/{batch}", response=shown(status, batch, **counts))


def missed(code: int, batch: str = ONE) -> Step:
    """The client looks at it and gets an error."""
    error = {"type": "error", "error": {"type": "not_found_error" if code == 404 else "overloaded_error"}}
    return http("GET", f"{BATCHES}/{batch}", status=code, response=error)


def download(rows: Sequence[tuple[str, str | None]], batch: str = ONE, **fields: Any) -> Step:
    """The client downloads results: custom ids with what was said; None for a row that failed."""
    lines = [json.dumps({"custom_id": name, "result": _result(text)}) for name, text in rows]
    return http("GET", f"{BATCHES}/{batch}/results", response="\n".join(lines) + "\n", **fields)


def _result(text: str | None) -> dict[str, Any]:
    if text is None:
        error = {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
        return {"type": "errored", "error": error}
    message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": text}]}
    return {"type": "succeeded", "message": message}
