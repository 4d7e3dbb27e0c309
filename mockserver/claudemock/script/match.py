"""Which requests a scripted reply answers. A match returns what differs, never a boolean.

Patterns are globs (`*` any text, `?` one character) or, after `re:`, regular expressions. `model`, `tool`, `workspace`,
`custom_id` (that of a batch's request) and header values match whole; `system`, `contains` and `tool_result` match
anywhere in the text.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from claudemock.wire.messages import MessagesRequest


class _Piece:
    """What stands between two stars of a glob: literals at fixed offsets, any character elsewhere."""

    __slots__ = ("_literals", "length")

    def __init__(self, text: str) -> None:
        self.length = len(text)
        literals, offset = [], 0
        for literal in text.split("?"):
            if literal:
                literals.append((offset, literal))
            offset += len(literal) + 1
        self._literals = tuple(literals)

    def at(self, text: str, start: int) -> bool:
        """Whether it stands at `start`, where `text` has room for it."""
        return all(text.startswith(literal, start + offset) for offset, literal in self._literals)

    def find(self, text: str, start: int, end: int) -> int:
        """The first place from `start` where it fits in before `end`; -1 without one.

        Every literal moves the place forward to where it stands next, so nothing before it is looked at again.
        """
        while start + self.length <= end:
            place = start
            for offset, literal in self._literals:
                found = text.find(literal, place + offset, end)
                if found < 0:
                    return -1
                place = found - offset
            if place == start:
                return place
            start = place
        return -1


class _Glob:
    """A glob that matches whole texts. As a star fits any text, the first place for each piece is the best one."""

    __slots__ = ("_first", "_last", "_middle")

    def __init__(self, text: str) -> None:
        first, *others = text.split("*")
        self._first = _Piece(first)
        self._last = _Piece(others[-1]) if others else None
        self._middle = tuple(_Piece(piece) for piece in others[:-1] if piece)

    def __call__(self, text: str) -> bool:
        if self._last is None:
            return len(text) == self._first.length and self._first.at(text, 0)
        place, end = self._first.length, len(text) - self._last.length
        if place > end or not self._first.at(text, 0) or not self._last.at(text, end):
            return False
        for piece in self._middle:
            found = piece.find(text, place, end)
            if found < 0:
                return False
            place = found + piece.length
        return True


class Pattern:
    """A compiled glob or `re:` pattern. Raises `ValueError` for a regular expression that does not compile.

    A glob takes at most time in proportion to the text times its own length, most of them to the text alone; how long
    a regular expression takes is up to who wrote it.
    """

    def __init__(self, text: str, *, anywhere: bool) -> None:
        self.text = text
        self._fits: Callable[[str], object]
        if text.startswith("re:"):
            try:
                self._fits = re.compile(text[3:], re.DOTALL).search
            except re.error as error:
                raise ValueError(f"{text!r} is not a regular expression: {error}") from None
        else:
            self._fits = _Glob(f"*{text}*" if anywhere else text)

    def __call__(self, text: str) -> bool:
        """Whether `text` matches."""
        return bool(self._fits(text))


class Facts:
    """What a match looks at, drawn from one request the first time it is asked for."""

    def __init__(
        self, request: MessagesRequest, headers: Mapping[bytes, bytes], workspace: str, custom_id: str | None = None
    ) -> None:
        self._request = request
        self._headers = headers
        self.workspace = workspace
        self.custom_id = custom_id  # None: it is not of a batch

    def header(self, name: str) -> str:
        """The request header `name` (lower case); empty where it is not there."""
        return self._headers.get(name.encode(), b"").decode("latin-1")

    @property
    def model(self) -> str:
        """The model as the request named it."""
        return self._request.model

    @property
    def stream(self) -> bool:
        """Whether a stream was asked for."""
        return bool(self._request.stream)

    @cached_property
    def system(self) -> str:
        """The system prompt's text."""
        return _texts(self._request.system)

    @cached_property
    def turn(self) -> int:
        """Which answer of the conversation this will be, from 1."""
        return 1 + sum(message.role == "assistant" for message in self._request.messages)

    @cached_property
    def said(self) -> str:
        """The text of the last user message, tool results included."""
        return _texts(self._last)

    @property
    def last_text(self) -> str:
        """The last text block of the last user message: what was asked, behind the context agents put before it."""
        return next((block.text for block in reversed(self._last) if block.type == "text"), "")

    @cached_property
    def tools(self) -> tuple[str, ...]:
        """The names of the tools on offer."""
        return tuple(name for tool in self._request.tools or () if isinstance(name := getattr(tool, "name", None), str))

    @cached_property
    def tool_results(self) -> tuple[str, ...]:
        """For every tool result in the last message: the tool's name, a line break, and the result's text."""
        names = {
            block.id: block.name
            for message in self._request.messages
            for block in message.content
            if block.type == "tool_use"
        }
        results = (block for block in self._last if block.type == "tool_result")
        return tuple(f"{names.get(block.tool_use_id, '')}\n{_texts([block])}" for block in results)

    @cached_property
    def _last(self) -> list[Any]:
        for message in reversed(self._request.messages):
            if message.role == "user":
                return list(message.content)
        return []


def _texts(blocks: Any) -> str:
    parts: list[str] = []
    for block in blocks or ():
        if block.type == "text":
            parts.append(block.text)
        elif block.type == "tool_result" and block.content is not None:
            parts.append(block.content if isinstance(block.content, str) else _texts(block.content))
    return "\n".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a request must be for a reply to be its answer; an empty match fits every request."""

    model: Pattern | None = None
    system: Pattern | None = None
    contains: Pattern | None = None
    tool: Pattern | None = None
    tool_result: Pattern | None = None
    workspace: Pattern | None = None
    stream: bool | None = None
    turn: int | None = None
    custom_id: Pattern | None = None
    header: Mapping[str, Pattern] = field(default_factory=dict)

    def differences(self, facts: Facts) -> list[str]:
        """What keeps this match from fitting; empty when it fits."""
        return [text for text in self._compare(facts) if text]

    def _compare(self, facts: Facts) -> list[str | None]:
        checks = [
            _unlike("model", self.model, facts.model),
            _unlike("workspace", self.workspace, facts.workspace),
        ]
        if self.stream is not None and self.stream != facts.stream:
            checks.append(f"stream: wanted {str(self.stream).lower()}, got {str(facts.stream).lower()}")
        if self.turn is not None and self.turn != facts.turn:
            checks.append(f"turn: wanted {self.turn}, got {facts.turn}")
        if self.custom_id is not None and (facts.custom_id is None or not self.custom_id(facts.custom_id)):
            checks.append(f"custom_id: wanted {self.custom_id.text!r}, got {facts.custom_id or 'no batch'}")
        for name, pattern in self.header.items():
            checks.append(_unlike(f"header {name}", pattern, facts.header(name)))
        if self.system is not None:
            checks.append(_unlike("system", self.system, facts.system))
        if self.contains is not None:
            checks.append(_unlike("contains", self.contains, facts.said))
        if self.tool is not None and not any(map(self.tool, facts.tools)):
            checks.append(f"tool: wanted {self.tool.text!r}, got {', '.join(facts.tools) or 'no tools'}")
        if self.tool_result is not None and not any(map(self.tool_result, facts.tool_results)):
            seen = _short("; ".join(facts.tool_results)) if facts.tool_results else "no tool results"
            checks.append(f"tool_result: wanted {self.tool_result.text!r}, got {seen}")
        return checks


def _unlike(key: str, pattern: Pattern | None, value: str) -> str | None:
    if pattern is None or pattern(value):
        return None
    return f"{key}: wanted {pattern.text!r}, got {_short(value)}"


def _short(text: str, width: int = 80) -> str:
    return repr(text if len(text) <= width else text[: width - 1] + "…")
