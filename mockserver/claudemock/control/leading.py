"""Which scope leads: POST /_mock/lead. For test runners, where clients outlive the test that made them."""

from typing import Any

from claudemock.control.endpoints import Answer
from claudemock.journal import Exchange
from claudemock.wire.errors import invalid_request
from claudemock.world import Scope, World


async def lead(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """POST lead: `{"scope": NAME}` lets that scope lead, `{"scope": null}` ends that.

    Answers with the scope that led last and the number of its exchanges, those after its end included.
    """
    name = data.get("scope", 0) if isinstance(data, dict) and len(data) == 1 else 0
    if name is not None and (not isinstance(name, str) or name in ("", "default")):
        raise invalid_request('lead: the body is {"scope": NAME} or {"scope": null}; `default` cannot lead')
    if world.settings.workers > 1:
        raise invalid_request("lead: only a server of one process can have a leading scope")
    last = world.last_leader
    had = 0 if last is None else len(world.journal.find(lambda entry: entry.scope == last))
    world.lead(name)
    return 200, {"scope": name, "last": last, "exchanges": had}
