"""Where the messages of a request begin, in the bytes of its body."""

import re

_TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+[{}\[\]]', re.DOTALL)
_STRING = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"\s*+(:?)', re.DOTALL)
_ANOTHER = re.compile(rb'"messages"|\\u')  # or an escape, which could spell it
_MESSAGES = re.compile(rb'"messages"\s*+:\s*+\[\Z')


def message_starts(body: bytes) -> list[int]:
    """The offset of each object or list in the `messages` of a JSON object; `body` is known to be valid JSON.

    Empty where that takes a parser to say: `messages` is missing, no list or there twice, or a name is escaped.
    """
    depth, starts, found, inside = 0, list[int](), False, False
    for match in _TO_BRACKET.finditer(body):
        at = match.end() - 1
        if depth == 1:
            names = [name for name, colon in _STRING.findall(body, match.start(), at) if colon]
            if any(b"\\" in name for name in names):
                return []
            if b"messages" in names:
                if found or not _MESSAGES.search(body, match.start(), at + 1):
                    return []
                found = inside = True
        elif depth == 2 and inside and body[at] in b"{[":
            starts.append(at)
        depth += 1 if body[at] in b"{[" else -1
        if inside and depth == 1:
            if not _ANOTHER.search(body, at):
                return starts
            inside = False
    return starts
