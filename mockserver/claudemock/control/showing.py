"""Exchanges as the control API shows them."""

from collections.abc import Sequence
from typing import Any

from claudemock.attempts import attempts_of
from claudemock.journal import Exchange
from claudemock.world import World


def shown(world: World, found: Sequence[Exchange]) -> list[dict[str, Any]]:
    """Exchanges with the attempt each is, which depends on all others of their scopes."""
    scopes = {entry.scope for entry in found}
    attempts = attempts_of(world.journal.find(lambda entry: entry.scope in scopes))
    return [entry.to_json() | {"attempt": attempts[entry.id]._asdict()} for entry in found]
