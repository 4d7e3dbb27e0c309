"""What a command says when nothing goes wrong, and whether it says the same under a failure."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

# what the mock says by default names the request it answers, and ids are made from requests
_VARYING = re.compile(
    r"answering as [\w.-]+, turn \d+ \([0-9a-f]{8}\)"
    r"|\b(?:msg|req|toolu|srvtoolu|file|msgbatch)_01[1-9A-HJ-NP-Za-km-z]{22}"
)
# colours, the cursor's moves, a window's title: ECMA-48 control sequences and commands
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_SHOWN = 80  # characters of a line that a difference quotes


@dataclass(frozen=True, slots=True)
class Answer:
    """The output that counts: the lines that were the same in both runs without a drill.

    `lines` are None where a line varies. `whole`: there were as many in both runs, so there has to be one for each;
    otherwise the lines have to come in this order, with any others between them.
    """

    lines: tuple[str | None, ...]
    whole: bool = True

    @classmethod
    def of(cls, first: str, second: str) -> "Answer | None":
        """From two runs; None if they have nothing to compare by."""
        one, other = _lines(first), _lines(second)
        if len(one) == len(other):
            return cls(tuple(line if line == again else None for line, again in zip(one, other, strict=True)))
        blocks = SequenceMatcher(None, one, other).get_matching_blocks()
        common = [line for block in blocks for line in one[block.a : block.a + block.size]]
        return cls(tuple(common), whole=False) if any(common) else None

    def difference(self, output: str) -> str | None:
        """What another run said otherwise; None: it gave the same answer."""
        lines = _lines(output)
        if self.lines and not lines:
            return "it said nothing"
        return self._by_number(lines) if self.whole else self._in_order(lines)

    def _by_number(self, lines: tuple[str, ...]) -> str | None:
        for number, (wanted, line) in enumerate(zip(self.lines, lines, strict=False), 1):
            if wanted is not None and line != wanted:
                return f"line {number} was {_quoted(line)} instead of {_quoted(wanted)}"
        if len(lines) < len(self.lines):
            return f"it ended after {len(lines)} of {len(self.lines)} lines"
        if len(lines) > len(self.lines):
            return f"line {len(self.lines) + 1} was {_quoted(lines[len(self.lines)])} where the output ends otherwise"
        return None

    def _in_order(self, lines: tuple[str, ...]) -> str | None:
        left = iter(lines)
        for wanted in self.lines:
            if not any(line == wanted for line in left):
                return f"the line {_quoted(wanted or '')} is missing, or not in its place"
        return None


def _lines(output: str) -> tuple[str, ...]:
    """The lines as a terminal shows them: without colours, and of what was written over only the last state."""
    shown = _ESCAPES.sub("", output).rstrip()
    written = (line.rstrip("\r").rpartition("\r")[2] for line in shown.split("\n")) if shown else ()
    return tuple(_VARYING.sub("…", line).rstrip() for line in written)


def _quoted(line: str) -> str:
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…")
