"""What a `$ref` points at."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urljoin

from claudemock.engine.schema.budget import Budget
from claudemock.engine.schema.draft import violation

_NODES = 8  # of a document, looked at in one step


def resolve(root: Mapping[str, Any], reference: str) -> Any:
    """What a pointer (`#`, `#/$defs/Node`) names in the document `root`; None where it names nothing in it."""
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


def _located(root: Mapping[str, Any], reference: str, budget: Budget) -> Any:
    """What any reference names: by pointer, by `$anchor` (`#node`), or by the `$id` of a schema in the document."""
    address, _, fragment = reference.partition("#")
    target = _identified(root, address, budget) if address else root
    if target is None or (fragment and not fragment.startswith("/")):
        return _holding(target, "$anchor", lambda anchor: anchor == fragment, budget)
    return resolve(target, f"#{fragment}")


def _identified(root: Mapping[str, Any], address: str, budget: Budget) -> Any:
    """The schema whose `$id` is the address, both read from the document's own `$id`."""
    base = _text(root.get("$id"))
    wanted = urljoin(base, address)
    return _holding(root, "$id", lambda found: urljoin(base, _text(found)).removesuffix("#") == wanted, budget)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _holding(root: Any, keyword: str, wanted: Callable[[Any], bool], budget: Budget) -> Any:
    """The first schema of a document whose `keyword` has a wanted value."""
    waiting = [root]
    looked = 0
    while waiting:
        node = waiting.pop()
        looked += 1
        if not looked % _NODES:
            budget.spend(1)
        if isinstance(node, Mapping):
            if keyword in node and wanted(node[keyword]):
                return node
            waiting += reversed([*node.values()])
        elif isinstance(node, list):
            waiting += reversed(node)
    return None


class References:
    """The schemas that a document's `$ref` name, looked up once."""

    def __init__(self, root: Mapping[str, Any], budget: Budget) -> None:
        self._root = root
        self._budget = budget
        self._known: dict[str, Any] = {}

    def follow(self, reference: str) -> Any:
        """The schema at a reference; None where there is nothing, or nothing that is a schema.

        The document is known to be valid, but a reference may point where the draft expects no schema.
        """
        if reference not in self._known:
            target = _located(self._root, reference, self._budget)
            self._known[reference] = None if target is None or violation(target, self._budget) else target
        return self._known[reference]
