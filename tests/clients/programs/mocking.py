"""What a client program tells the mock, over the control API and with nothing but the standard library.

The programs run in environments of their own, where `claudemock` is not installed: like any product under test they
know an address and a key.
"""

import json
import os
import urllib.request
from typing import Any

BASE_URL = os.environ["ANTHROPIC_BASE_URL"]
API_KEY = os.environ["ANTHROPIC_API_KEY"]


def control(method: str, path: str, body: object = None) -> Any:
    """One call of the control API for this program's scope."""
    headers = {"x-api-key": API_KEY, "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{BASE_URL}/_mock/{path}", data, headers, method=method)
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def script(*replies: object) -> None:
    """Queue replies: strings, or mappings as in a script file."""
    control("POST", "replies", {"replies": list(replies)})


def call(name: str, /, **arguments: object) -> dict[str, object]:
    """A reply that calls one tool."""
    return {"tool_use": [{"name": name, "input": arguments}]}
