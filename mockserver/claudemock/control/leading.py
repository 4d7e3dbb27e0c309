"""Which scope leads: POST /_mock/lead. For test runners, where clients outlive the test that made them."""

from typing import Any

from claudemock.control.endpoints import Answer
from claudemock.journal import Exchange
from claudemock.wire.errors import invalid_request
from claudemock.world import Scope, World


async def lead(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """POST lead: `{"scope": NAME}` lets that scope lead, `{"scope": null}` ends that; `reset` names one to forget.

    Answers with the scope that led last and the number of exchanges it had, those after its end included.
    """
    told = data if isinstance(data, dict) and set(data) <= {"scope", "reset"} else {}
    name, forgotten = told.get("scope", 0), told.get("reset", "-")
    if not all(each is None or (isinstance(each, str) and each not in ("", "default")) for each in (name, forgotten)):
        raise invalid_request('lead: the body is {"scope": NAME | null, "reset"?: NAME}; `default` cannot lead')
    if world.settings.workers > 1:
        raise invalid_request("lead: only a server of one process can have a leading scope")
    last = world.last_leader
    had = 0 if last is None else len(world.journal.find(lambda entry: entry.scope == last))
    world.lead(None)
    if "reset" in told and forgotten is not None:
        world.reset(forgotten)
    world.lead(name)
    return 200, {"scope": name, "last": last, "exchanges": had}
