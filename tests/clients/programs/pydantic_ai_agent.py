"""An agent on pydantic-ai: a tool, a structured answer, a stream."""

import asyncio

from mocking import call, script
from pydantic import BaseModel
from pydantic_ai import Agent

MODEL = "anthropic:claude-opus-5"


class Forecast(BaseModel):
    """A structured answer."""

    city: str
    degrees: int


asked: list[str] = []
agent = Agent(MODEL, instructions="You are a weather service.")


@agent.tool_plain
def get_weather(city: str) -> str:
    """The weather in a city."""
    asked.append(city)
    return f"4 °C in {city}"


def tools() -> None:
    """The agent calls its tool and says what the mock was told to say."""
    script(call("get_weather", city="Oslo"), "It is 4 °C in Oslo.")
    result = agent.run_sync("How cold is it in Oslo?")
    assert result.output == "It is 4 °C in Oslo.", result
    assert asked == ["Oslo"], asked
    follow_up = "And now?"
    script("Still 4 °C.")
    assert agent.run_sync(follow_up, message_history=result.all_messages()).output == "Still 4 °C."


def structured() -> None:
    """A structured answer, scripted as the call of the output tool, and made up by the mock."""
    forecaster = Agent(MODEL, output_type=Forecast)
    script(call("final_result", city="Oslo", degrees=4))
    assert forecaster.run_sync("Oslo?").output == Forecast(city="Oslo", degrees=4)


async def streamed() -> None:
    """A tool call and text, both streamed."""
    script(call("get_weather", city="Rome"), "It is 18 °C in Rome, and sunny.")
    async with agent.run_stream("How warm is it in Rome?") as result:
        pieces = [piece async for piece in result.stream_text(delta=True)]
    assert "".join(pieces) == "It is 18 °C in Rome, and sunny.", pieces
    assert asked[-1] == "Rome", asked


tools()
structured()
asyncio.run(streamed())
