"""What a `$ref` points at."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from claudemock.engine.schema.draft import violation


def resolve(root: Mapping[str, Any], reference: str) -> Any:
    """What a local reference (`#`, `#/$defs/Node`) names in the document `root`; None where it names nothing in it."""
    if not reference.startswith("#/"):
        return root if reference == "#" else None
    target: Any = root
    for token in (unquote(reference) if "%" in reference else reference)[2:].split("/"):
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(target, Mapping):
            target = target.get(name)
        elif isinstance(target, list) and name.isdecimal() and int(name) < len(target):
            target = target[int(name)]
        else:
            return None
    return target


class References:
    """The schemas that a document's `$ref` name, looked up once."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._known: dict[str, Any] = {}

    def follow(self, reference: str) -> Any:
        """The schema at a reference; None where there is nothing, or nothing that is a schema.

        The document is known to be valid, but a reference may point where the draft expects no schema.
        """
        if reference not in self._known:
            target = resolve(self._root, reference)
            self._known[reference] = None if target is None or violation(target) else target
        return self._known[reference]
