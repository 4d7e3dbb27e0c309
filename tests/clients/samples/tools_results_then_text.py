"""A chat where the user types while tools run.

Trap: text after the results in the same message on one turn, and as a user message of its own on the next; both legal.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, WEATHER, Llm, assistant, calls, result, said, user

RULE = None


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("get_weather", city="Graz"), tool_use("get_weather", city="Linz"))
    claude.reply(tool_use("get_weather", city="Wels"))
    claude.reply("Graz is warmest, and Wels is coldest.")


def run(llm: Llm) -> str:
    history, typed = [user("Graz or Linz?")], ["Please use Celsius.", "And add Wels, please."]
    while True:
        message = llm.create(model=OPUS, max_tokens=300, tools=[WEATHER], messages=history)
        wanted = calls(message)
        if not wanted:
            return said(message)
        history.append(assistant(message["content"]))
        done = [result(call, f"{call['input']['city']}: {20 - n} °C") for n, call in enumerate(wanted)]
        line = typed.pop()
        if len(done) == 2:
            history.append(user([*done, {"type": "text", "text": line}]))
        else:
            history += [user(done), user(line)]
