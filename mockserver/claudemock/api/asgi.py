"""The words the ASGI layers share: types, and where a request's exchange and scope are carried."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from claudemock.journal import Exchange
from claudemock.world import Scope

AsgiScope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[AsgiScope, Receive, Send], Awaitable[None]]

_EXCHANGE, _SCOPE = "claudemock.exchange", "claudemock.scope"


def carry(scope: AsgiScope, exchange: Exchange, place: Scope) -> None:
    """Attach what the Recorder made to the request."""
    scope[_EXCHANGE] = exchange
    scope[_SCOPE] = place


def carried(scope: AsgiScope) -> tuple[Exchange, Scope]:
    """The exchange and the scope of the request."""
    return scope[_EXCHANGE], scope[_SCOPE]
