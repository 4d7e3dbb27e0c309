"""The fenced blocks of a Markdown page, and what a reader is told to do with each.

A block may follow a comment that speaks to the tests: `<!-- test: skip (reason) -->` leaves it alone, and
`<!-- test: script -->` says that it is a script file (a mapping with `replies` needs no saying), `<!-- test: fails -->`
that it is meant to end badly. A block whose first
line is a comment with nothing but a file name (`# replies.yaml`) is that file for the commands of the page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = frozenset({"python", "console", "sh", "json", "yaml", "toml", "text", "http", "typescript", "mermaid"})

_FENCE = re.compile(r"(?P<indent> *)(?P<marks>`{3,}|~{3,})(?P<info>[^`]*)$")
_DIRECTIVE = re.compile(r"<!--\s*test:\s*(?P<word>\w+)\s*(?:\((?P<reason>[^)]+)\))?\s*-->")


@dataclass(frozen=True)
class Block:
    """One fenced block. `line` is where its text begins, from 1; `directive` is the word of the comment before it."""

    page: Path
    line: int
    language: str
    text: str
    directive: str = ""
    reason: str = ""

    @property
    def name(self) -> str:
        """Where it stands, for test names: `README.md:12`."""
        return f"{self.page.name}:{self.line}"

    @property
    def filename(self) -> str | None:
        """The file the block says it is."""
        match = re.match(r"# ([\w./-]+\.\w+)\s*$", self.text.partition("\n")[0])
        return match[1] if match else None


@dataclass(frozen=True)
class Command:
    """One command of a console block and the output lines shown below it."""

    line: int
    text: str
    expected: tuple[str, ...]

    @property
    def program(self) -> str:
        """The first word, without a leading `VAR=value`."""
        words = [word for word in self.text.split() if not re.match(r"\w+=", word)]
        return words[0] if words else ""


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order. Raises `ValueError` for a fence that is never closed."""
    return list(_blocks(page, page.read_text(encoding="utf-8").splitlines()))


def _blocks(page: Path, lines: list[str]) -> Iterator[Block]:
    number, directive = 0, None
    while number < len(lines):
        opening = _FENCE.match(lines[number])
        number += 1
        if not opening:
            line = lines[number - 1].strip()
            directive = _DIRECTIVE.fullmatch(line) or (directive if not line else None)
            continue
        first = number
        while number < len(lines) and not _closes(lines[number], opening["marks"]):
            number += 1
        if number == len(lines):
            raise ValueError(f"{page.name}:{first}: this fence is never closed")
        indent = len(opening["indent"])
        text = "".join(f"{line[indent:] if not line[:indent].strip() else line}\n" for line in lines[first:number])
        language = (opening["info"].split() or [""])[0]
        told = (directive["word"], directive["reason"] or "") if directive else ("", "")
        yield Block(page, first + 1, language, text, *told)
        number, directive = number + 1, None


def _closes(line: str, marks: str) -> bool:
    stripped = line.strip()
    return len(stripped) >= len(marks) and set(stripped) == {marks[0]}


def commands(block: Block) -> list[Command]:
    """The `$ ` lines of a console block, continuation lines joined, each with its output; every line of an `sh` one."""
    if block.language == "sh":
        lines = [line for line in block.text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
        return [Command(block.line, line, ()) for line in lines]
    return _typed(block)


def _typed(block: Block) -> list[Command]:
    found: list[Command] = []
    lines = iter(enumerate(block.text.splitlines(), start=block.line))
    for number, line in lines:
        if line.startswith("$ "):
            text = line[2:]
            while text.endswith("\\"):
                text = text[:-1] + next(lines)[1].removeprefix("> ").strip()
            found.append(Command(number, text, ()))
        elif found:
            last = found[-1]
            found[-1] = Command(last.line, last.text, (*last.expected, line))
    return found


def missing_output(expected: tuple[str, ...], output: str) -> str | None:
    """The first expected line that the output lacks, or None.

    Lines must appear in order; others may stand between them. White space counts as one blank, and `...` or `…` stands
    for any text, also for any number of lines.
    """
    lines = [_squeezed(line) for line in output.splitlines()]
    for wanted in filter(None, map(_squeezed, expected)):
        pattern = re.compile(".*".join(map(re.escape, re.split(r"\.\.\.|…", wanted))))
        while lines and not pattern.fullmatch(lines[0]):
            lines.pop(0)
        if not lines and pattern.fullmatch("") is None:
            return wanted
        lines = lines[1:]
    return None


def _squeezed(line: str) -> str:
    return " ".join(line.split())
