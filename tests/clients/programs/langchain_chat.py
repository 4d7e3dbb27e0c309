"""A LangChain chat model: text, tools, streams, structured output."""

import asyncio

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from mocking import call, script
from pydantic import BaseModel

model = ChatAnthropic(model="claude-opus-5", max_tokens=256, max_retries=0)


class Forecast(BaseModel):
    """A structured answer."""

    city: str
    degrees: int


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"4 °C in {city}"


def text() -> None:
    """Invoke, with usage."""
    script("Hi.")
    answer = model.invoke("Hello")
    assert answer.text == "Hi.", answer
    assert answer.usage_metadata, answer
    assert answer.usage_metadata["input_tokens"] > 0, answer


def tools() -> None:
    """A tool call, its result, and the last word."""
    script({"text": "I'll look.", "tool_use": [{"name": "get_weather", "input": {"city": "Oslo"}}]}, "It is 4 °C.")
    bound = model.bind_tools([get_weather])
    turns: list[object] = [HumanMessage("How cold is it in Oslo?")]
    asked = bound.invoke(turns)
    assert [(wanted["name"], wanted["args"]) for wanted in asked.tool_calls] == [("get_weather", {"city": "Oslo"})]
    (wanted,) = asked.tool_calls
    turns += [asked, ToolMessage(get_weather.invoke(wanted["args"]), tool_call_id=wanted["id"])]
    assert bound.invoke(turns).text == "It is 4 °C."


async def streams() -> None:
    """Text and tool calls, streamed sync and async."""
    script("One two three four five.")
    assert "".join(chunk.text for chunk in model.stream("Count")) == "One two three four five."
    script(call("get_weather", city="Rome"))
    whole: AIMessageChunk | None = None
    async for chunk in model.bind_tools([get_weather]).astream("Rome?"):
        whole = chunk if whole is None else whole + chunk
    assert whole is not None
    assert [(wanted["name"], wanted["args"]) for wanted in whole.tool_calls] == [("get_weather", {"city": "Rome"})]


def structured() -> None:
    """Structured output through a forced tool, and as a JSON schema."""
    script(call("Forecast", city="Oslo", degrees=4))
    by_tool = model.with_structured_output(Forecast, method="function_calling").invoke("Oslo?")
    assert by_tool == Forecast(city="Oslo", degrees=4), by_tool
    script('{"city": "Rome", "degrees": 18}')
    by_schema = model.with_structured_output(Forecast, method="json_schema").invoke("Rome?")
    assert by_schema == Forecast(city="Rome", degrees=18), by_schema


text()
tools()
asyncio.run(streams())
structured()
