"""Requests, a model and a countable estimator for the cache tests."""

from collections.abc import Mapping, Sequence
from typing import Any

from claudemock.catalog import Model
from claudemock.engine.cache import CacheUsage, PromptCache
from claudemock.prompt.canonical import BlockDigests
from claudemock.prompt.chain import Prompt, read_prompt

Json = dict[str, Any]

FIVE: Json = {"type": "ephemeral"}
HOUR: Json = {"type": "ephemeral", "ttl": "1h"}
TOKENS = 100.0  # of a block whose text is not a number
ONCE = 7.0  # what the request costs beside its blocks
OPENING = 3  # tokens behind the last block, which open the reply


class FlatCounts:
    """A text that is a number has that many tokens, everything else a hundred; `asked` counts the blocks counted."""

    def __init__(self) -> None:
        self.asked = 0

    def parts(self, body: Mapping[str, Any], tokenizer: str) -> Sequence[float]:
        """In the estimator's layout: once per request, then tools, system, and the blocks of each message."""
        head = [*(body.get("tools") or ()), *_blocks(body.get("system"))]
        parts = [ONCE, *(self.block(part, tokenizer) for part in head)]
        for message in body.get("messages") or ():
            parts += [self.block(part, tokenizer) for part in _blocks(message["content"])] or [1.0]
        return parts

    def block(self, block: object, tokenizer: str) -> float:
        """Tokens of one block."""
        assert tokenizer
        self.asked += 1
        if isinstance(block, dict) and block.get("defer_loading"):
            return 0.0
        text = block.get("text") if isinstance(block, dict) else block
        return float(text) if isinstance(text, str) and text.isdigit() else TOKENS


def _blocks(content: Any) -> list[Any]:
    return [content] if isinstance(content, str) and content else list(content or ())


def make_model(**columns: Any) -> Model:
    """A model that caches from 100 tokens on and thinks only when asked."""
    defaults: Json = {
        "id": "claude-test-1",
        "display_name": "Test",
        "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": "active",
        "min_cache_tokens": 100,
        "thinking_kept": "all",
        "effort_default": "high",
    }
    return Model(**{**defaults, **columns})


MODEL = make_model()


def text(value: str, mark: Json | None = None) -> Json:
    """A text block, marked or not."""
    return {"type": "text", "text": value} | ({"cache_control": mark} if mark else {})


def user(*blocks: Any) -> Json:
    """A user message; strings become text blocks."""
    return {"role": "user", "content": [text(block) if isinstance(block, str) else block for block in blocks]}


def assistant(*blocks: Any) -> Json:
    """An assistant message; strings become text blocks."""
    return {**user(*blocks), "role": "assistant"}


def tool(name: str, mark: Json | None = None, **further: Any) -> Json:
    """A custom tool."""
    made: Json = {"name": name, "input_schema": {"type": "object", "properties": {}}, **further}
    return made | ({"cache_control": mark} if mark else {})


def body(*messages: Json, **fields: Any) -> Json:
    """A request."""
    return {"model": "claude-test-1", "max_tokens": 10, "messages": list(messages), **fields}


def prompt_of(request: Json, model: Model = MODEL, **options: Any) -> Prompt:
    """The prompt of a request, with nothing remembered."""
    return read_prompt(request, model, FlatCounts(), BlockDigests(), **options)


class Session:
    """One cache and the requests sent to it."""

    def __init__(self, model: Model = MODEL, cache: PromptCache | None = None) -> None:
        self.model = model
        self.cache = PromptCache() if cache is None else cache

    def send(self, request: Json, now: float = 0.0, **options: Any) -> CacheUsage:
        """A request whose response begins at once."""
        plan = self.cache.plan(prompt_of(request, options.pop("model", self.model), **options), now)
        self.cache.commit(plan, now)
        return plan.usage


def key_at_end(request: Json, model: Model = MODEL, **options: Any) -> bytes:
    """The key of the whole prompt: equal for two requests exactly when the model reads the same."""
    prompt = prompt_of(request, model, **options)
    return prompt.keys([len(prompt) - 1])[len(prompt) - 1]
