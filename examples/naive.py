"""A small agent as one writes it on the first day. It does what `robust.py` does as long as nothing goes wrong."""

import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import anthropic
from tools import MODEL, QUESTION, WEATHER, get_weather

client = anthropic.Anthropic(max_retries=0)


def ask(question: str) -> str:
    """The answer to a question."""
    messages: list[Any] = [{"role": "user", "content": question}]
    message: Any = None
    for _ in range(3):
        try:
            message = client.messages.create(
                model=MODEL, max_tokens=1024, messages=messages, tools=[WEATHER], thinking={"type": "adaptive"}
            )
        except anthropic.RateLimitError:
            continue  # at once, whatever retry-after says
        if message.stop_reason != "tool_use":
            break
        calls = [block for block in message.content if block.type == "tool_use"]
        with ThreadPoolExecutor() as pool:
            running = [pool.submit(get_weather, **call.input) for call in calls]
            answers = [done.result() for done in as_completed(running)]
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": answer}
            for call, answer in zip(calls, answers, strict=True)
        ]
        messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    return "".join(block.text for block in message.content if block.type == "text")


def write(topic: str) -> str:
    """A streamed text."""
    text = ""
    asked: Any = [{"role": "user", "content": f"Write a line about {topic}."}]
    events: Any = client.messages.create(model=MODEL, max_tokens=1024, messages=asked, stream=True)
    try:
        for event in events:
            match event.type:
                case "content_block_start":
                    text += event.content_block.text
                case "content_block_delta":
                    text += event.delta.text
                case "message_start" | "content_block_stop" | "message_delta" | "message_stop":
                    pass
                case _:
                    raise NotImplementedError(event.type)
    except (anthropic.APIError, OSError):
        pass  # print what there is
    return text


def main() -> int:
    """Do it all."""
    print(ask(QUESTION))
    print(write("the weather"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
