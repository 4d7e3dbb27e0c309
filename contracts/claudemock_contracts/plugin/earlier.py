"""Clients of the official SDK that were made while no test was watched, pointed at the mock while one is."""

import gc
import sys
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakSet

from claudemock_contracts.plugin.guard import REAL


class EarlierClients:
    """Those that would talk to the real API: what a conftest imports has made them, or a test that is not watched."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._clients: WeakSet[Any] = WeakSet()
        self._before: list[tuple[Any, dict[str, Any]]] = []
        self._redirecting = False
        self._undo: Callable[[], None] | None = None

    def redirect(self) -> None:
        """Point them at the mock. What is made from here until `restore` has found the test's environment."""
        base = getattr(sys.modules.get("anthropic._base_client"), "BaseClient", None)
        if base is not None and self._undo is None:
            self._clients.update(client for client in _alive(base) if _is_real(client))
            self._notice_new(base)
        self._redirecting = True
        for client in self._clients:
            self._before.append((client, {name: getattr(client, name) for name in ("base_url", "api_key")}))
            client.base_url, client.api_key = self._base_url, self._api_key

    def restore(self) -> None:
        """As they were."""
        self._redirecting = False
        while self._before:
            client, known = self._before.pop()
            for name, value in known.items():
                setattr(client, name, value)

    def close(self) -> None:
        """The SDK as it was."""
        if self._undo is not None:
            self._undo()

    def _notice_new(self, base: Any) -> None:
        """Looking for all of them takes 20 ms, too long to do it for every test."""
        real = base.__init__

        def init(client: Any, *given: Any, **named: Any) -> None:
            real(client, *given, **named)
            if not self._redirecting and _is_real(client):
                self._clients.add(client)

        def undo() -> None:
            if base.__init__ is init:
                base.__init__ = real

        base.__init__ = init
        self._undo = undo


def _is_real(client: Any) -> bool:
    return REAL.search(str(getattr(getattr(client, "base_url", None), "host", ""))) is not None


def _alive(base: Any) -> Iterator[Any]:
    kinds, new = {base}, [base]
    while new:
        new = [kind for parent in new for kind in parent.__subclasses__() if kind not in kinds]
        kinds.update(new)
    # an instance refers to its class, so these are all there are, wherever they are kept
    return (each for each in gc.get_referrers(*kinds) if type(each) in kinds)
