"""Results of tools that were called at once: each belongs to its own call."""

from pathlib import Path

import pytest

from claudemock_contracts.drills.plan import load_drills
from claudemock_contracts.drills.session import Options, session
from tests.drills.programs import program

TOOLS = """
def say(messages):
    tool = {"name": "look", "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}}}
    body = {"model": "claude-opus-4-8", "max_tokens": 100, "messages": messages, "tools": [tool]}
    headers = {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01",
               "content-type": "application/json"}
    url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)) as response:
        return json.load(response)["content"]

asked = [{"role": "user", "content": "Look around"}]
while True:
    content = say(asked)
    calls = [block for block in content if block["type"] == "tool_use"]
    if not calls:
        break
    if len(calls) > 1 and SWAPS:
        calls = [{**call, "id": other["id"]} for call, other in zip(calls, reversed(calls))]
    results = [{"type": "tool_result", "tool_use_id": call["id"], "content": seen(call["input"])} for call in calls]
    asked += [{"role": "assistant", "content": content}, {"role": "user", "content": results}]
print("done")
"""


@pytest.mark.parametrize(
    ("seen", "swaps", "verdict"),
    [
        ("lambda given: f'you see {given}'", False, "survived"),
        ("lambda given: f'you see {given}'", True, "gave a wrong answer"),
        ("lambda given: f'it is {time.time_ns()}'", False, "survived"),
    ],
    ids=["right", "swapped", "the time"],
)
def test_results_of_tools_are_told_apart(tmp_path: Path, seen: str, swaps: bool, verdict: str) -> None:
    """One that went to another call is found; one that is new each time is not taken for that."""
    text = f"seen = {seen}\nSWAPS = {swaps}\n{TOOLS}"
    script = tmp_path / "replies.yaml"
    script.write_text(
        "replies:\n"
        "  - {match: {turn: 1, contains: Look}, tool_use: [{name: look, input: {at: left}}]}\n"
        "  - {match: {turn: 2}, tool_use: [{name: look, input: {at: right}}]}\n",
        encoding="utf-8",
    )
    together = load_drills(["tools-parallel-slow-first"])
    asked = Options(command=program(tmp_path, text), drills=together, settings={"scripts": [script]})
    with session(asked) as opened:
        (result,) = opened.results(opened.baseline())
    assert (result.verdict, result.ran.stderr) == (verdict, "")
