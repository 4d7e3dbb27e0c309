"""Requests that begin conversations from the same template: siblings, which are meant to share a prefix."""

from difflib import SequenceMatcher

from claudemock.prompt.segments import content_of
from claudemock_contracts.drift.compare import tool_names
from claudemock_contracts.transcript import Call
from claudemock_contracts.volatile import skeleton

_ALIKE = 0.8
_LONG = 200  # characters a template needs before likeness means anything
_COMPARED = 16  # templates a new one is compared with
_LOOKED_AT = 20_000  # characters of a prompt that make its template


class Families:
    """Sorts calls into families as they come. The number of a family is that of its template."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, ...], str], int] = {}
        self._templates: dict[tuple[str, ...], list[tuple[str, int]]] = {}

    def of(self, call: Call) -> int:
        """The call's family: by the names of its tools and its system prompt with all values masked."""
        tools = tuple(sorted(tool_names(call)))
        template = skeleton(system_text(call)[:_LOOKED_AT])
        known = self._known.get((tools, template))
        if known is None:
            known = self._alike(tools, template)
            if known is None:
                known = len(self._known)
                self._templates.setdefault(tools, []).append((template, known))
                del self._templates[tools][:-_COMPARED]
            self._known[tools, template] = known
        return known

    def _alike(self, tools: tuple[str, ...], template: str) -> int | None:
        if len(template) <= _LONG:
            return None
        for other, family in reversed(self._templates.get(tools, ())):
            if len(other) > _LONG and SequenceMatcher(None, other, template).quick_ratio() >= _ALIKE:
                return family
        return None


def system_text(call: Call) -> str:
    """All of the system prompt's text."""
    parts = content_of(call.body.get("system"))
    return "\n".join(
        part if isinstance(part, str) else str(part.get("text") or "") for part in parts if isinstance(part, str | dict)
    )
