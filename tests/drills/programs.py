"""Small programs under test, on the standard library alone so that they start fast."""

import sys
from pathlib import Path
from textwrap import dedent

_CALL = """
import json, os, sys, time, urllib.error, urllib.request

def ask(question, retries=0):
    body = {"model": "claude-opus-4-8", "max_tokens": 100, "messages": [{"role": "user", "content": question}]}
    for number in range(retries + 1):
        request = urllib.request.Request(
            os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages",
            json.dumps(body).encode(),
            {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01",
             "content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as response:
                return json.load(response)["content"][0]["text"]
        except urllib.error.HTTPError as error:
            if number == retries:
                sys.exit(f"the API says {error.code}")
            time.sleep(float(error.headers.get("retry-after") or 0.01))
"""


def program(folder: Path, text: str) -> list[str]:
    """The command that runs `text`, which may call `ask(question, retries)`."""
    file = folder / "program.py"
    file.write_text(_CALL + dedent(text), encoding="utf-8")
    return [sys.executable, str(file)]
