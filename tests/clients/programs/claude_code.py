"""Claude Code's command line in print mode: a text, and a tool call whose result goes back to the model."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from mocking import call, control, script

CLAUDE = sys.argv[1]


def ask(prompt: str, *arguments: str) -> Any:
    """One `claude -p` run in a folder of its own; its result as JSON."""
    command = [CLAUDE, "-p", prompt, "--output-format", "json", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def exchanges() -> list[Any]:
    """What went over the wire so far."""
    return list(control("GET", "exchanges")["exchanges"])


def text(model: str) -> None:
    """The reply is what the mock was told to say."""
    script("Hello from the mock.")
    result = ask("Say hello", "--model", model)
    assert result["result"] == "Hello from the mock.", result
    assert model in str(list(result["modelUsage"])), result["modelUsage"]


def tools(*arguments: str) -> None:
    """A Bash call and a Read call run here, and the mock sees their results."""
    Path("notes.txt").write_text("The word is zebra.\n", encoding="utf-8")
    script(
        call("Bash", command="echo from-the-shell", description="Say something"),
        call("Read", file_path=str(Path("notes.txt").resolve())),
        "Both worked.",
    )
    result = ask("Use your tools", "--allowedTools", "Bash Read", *arguments)
    assert result["result"] == "Both worked.", result
    assert result["num_turns"] == 3, result
    sent = json.dumps([exchange["request"]["body"] for exchange in exchanges()])
    assert "from-the-shell" in sent, sent[-2000:]
    assert "The word is zebra." in sent, sent[-2000:]


for name in ("opus", "sonnet", "haiku"):
    text(name)
tools()
tools("--model", "claude-haiku-4-5")  # it thinks with a budget, so every turn with tools has to begin with thinking
# A refused beta or field makes it try again without, and nobody would notice.
refused = [exchange for exchange in exchanges() if exchange["response"]["status"] != 200]
assert refused == [], [exchange["response"]["body"] for exchange in refused]
