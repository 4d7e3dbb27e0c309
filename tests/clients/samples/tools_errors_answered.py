"""An agent whose tools fail, are unknown, or say nothing.

Trap: an `is_error` result for what was not run, an empty result, and all of them in one turn with a good one.
"""

from collections.abc import Callable

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, Json, Llm, assistant, calls, result, said, user

RULE = None
NOTE: Json = {
    "name": "write_note",
    "description": "Remember something.",
    "input_schema": {"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]},
}


def get_weather(city: str) -> str:
    if city == "Nowhere":
        raise LookupError("unknown city")
    return f"{city}: 11 °C"


def write_note(note: str) -> None:
    assert note


TOOLS: dict[str, Callable[..., str | None]] = {"get_weather": get_weather, "write_note": write_note}


def execute(call: Json) -> Json:
    try:
        answer = TOOLS[call["name"]](**call["input"])
    except KeyError:
        return result(call, f"There is no tool {call['name']}.", is_error=True)
    except LookupError as error:
        return result(call, str(error), is_error=True)
    if answer is None:
        return {"type": "tool_result", "tool_use_id": call["id"]}
    return result(call, answer)


def arrange(claude: MockServer) -> None:
    claude.reply(
        tool_use("get_weather", city="Cork"),
        tool_use("get_weather", city="Nowhere"),
        tool_use("write_note", note="Cork was asked for"),
    )
    claude.reply("Cork has 11 °C; I do not know the other place.")


def run(llm: Llm) -> str:
    history = [user("Weather in Cork and Nowhere?")]
    while True:
        message = llm.create(model=SONNET, max_tokens=400, tools=[WEATHER, NOTE], messages=history)
        if message["stop_reason"] != "tool_use":
            return said(message)
        history += [assistant(message["content"]), user([execute(call) for call in calls(message)])]
