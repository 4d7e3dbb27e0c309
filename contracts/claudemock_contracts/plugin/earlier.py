"""Clients of the official SDK that were made before any test ran, pointed at the mock while a test is watched."""

import gc
import sys
from typing import Any

from claudemock_contracts.plugin.guard import REAL


class EarlierClients:
    """Those that would talk to the real API. They are looked for once: what is made later finds the environment."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._clients: list[Any] | None = None
        self._before: list[tuple[Any, dict[str, Any]]] = []

    def redirect(self) -> None:
        """Point them at the mock."""
        if self._clients is None:
            self._clients = list(_found())
        for client in self._clients:
            self._before.append((client, {name: getattr(client, name) for name in ("base_url", "api_key")}))
            client.base_url, client.api_key = self._base_url, self._api_key

    def restore(self) -> None:
        """As they were."""
        while self._before:
            client, known = self._before.pop()
            for name, value in known.items():
                setattr(client, name, value)


def _found() -> list[Any]:
    sdk = sys.modules.get("anthropic")
    base = getattr(getattr(sdk, "_base_client", None), "BaseClient", None)
    if base is None:
        return []
    kinds, new = {base}, [base]
    while new:
        new = [kind for parent in new for kind in parent.__subclasses__() if kind not in kinds]
        kinds.update(new)
    # an instance refers to its class, so these are all there are, wherever they are kept
    held = (each for each in gc.get_referrers(*kinds) if type(each) in kinds)
    return [client for client in held if REAL.search(str(getattr(getattr(client, "base_url", None), "host", "")))]
