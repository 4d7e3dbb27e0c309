"""A debugging agent whose tool reads log files.

Trap: results that begin with “Error:” or “Traceback” because that is what stands in the log; the tool worked.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, Json, Llm, assistant, calls, result, said, user

RULE = None
LOGS = {
    "app.log": "Error: connection refused\nError: connection refused",
    "worker.log": 'Traceback (most recent call last):\n  File "job.py", line 3, in run\nValueError: no rows',
}
TAIL: Json = {
    "name": "tail",
    "description": "The last lines of a log file.",
    "input_schema": {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"]},
}


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("tail", file="app.log"), tool_use("tail", file="worker.log"))
    claude.reply("The database is down.")


def run(llm: Llm) -> str:
    history = [user("Why is nothing working?")]
    while True:
        message = llm.create(model=OPUS, max_tokens=300, tools=[TAIL], messages=history)
        if message["stop_reason"] != "tool_use":
            return said(message)
        done = [result(call, LOGS[call["input"]["file"]]) for call in calls(message)]
        history += [assistant(message["content"]), user(done)]
