"""Bodies that recorders keep as text."""

import json
from typing import Any


def body_of(text: object) -> Any:
    """A body's JSON where it is JSON; None for nothing; else the text."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if not isinstance(text, str):
        return text
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
