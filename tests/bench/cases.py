"""The requests the benchmark sends."""

import json
import random

REPLY = (  # 312 characters
    "Oslo lies at the head of its fjord, with forest on three sides. In November the days are short and the air is "
    "cold and clear; most people wear wool, walk fast, and are home before dark. Rome is mild at that time of year: "
    "people still sit outside at noon, and the first rain of autumn is the talk of all the town."
)
HEADERS = {"content-type": "application/json", "x-api-key": "sk-ant-mock-bench", "anthropic-version": "2023-06-01"}
MODEL = "claude-opus-5"
WORDS = ("city", "rain", "wool", "noon", "fjord", "walk", "dark", "mild", "forest", "autumn", "people", "outside")
_WORD_BYTES = 6.2  # on average, with the blank


def request(*, stream: bool = False) -> bytes:
    """A small request."""
    body = {"model": MODEL, "max_tokens": 1024, "messages": [{"role": "user", "content": "Oslo or Rome?"}]}
    return json.dumps(body | ({"stream": True} if stream else {})).encode()


def conversation(size: int, turns: int, seed: int) -> bytes:
    """A conversation of `turns` messages and about `size` bytes, different for every seed: no cache has seen it."""
    words = random.Random(seed)
    length = round(size / turns / _WORD_BYTES)
    messages = [
        {
            "role": "assistant" if number % 2 else "user",
            "content": f"{seed} {number}: " + " ".join(words.choices(WORDS, k=length)) + ".",
        }
        for number in range(turns | 1)
    ]
    return json.dumps({"model": MODEL, "max_tokens": 1024, "messages": messages}).encode()
