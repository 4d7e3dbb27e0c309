"""The control API's part about batches: how the next ones run, and what is there."""

from typing import Any

from claudemock.batches.shelf import Shelf
from claudemock.control.endpoints import Answer
from claudemock.journal import Exchange
from claudemock.script.batch import parse_batch_script
from claudemock.script.spec import ScriptError
from claudemock.wire.errors import invalid_request
from claudemock.world import Scope, World


async def add_batches(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """POST batches: `{"scripts": [BATCH…]}`. All are armed, or none if one is wrong."""
    if not isinstance(data, dict) or data.keys() != {"scripts"} or not isinstance(data["scripts"], list):
        raise invalid_request('scripts: the body is {"scripts": [BATCH, …]}')
    try:
        specs = [parse_batch_script(item, ("scripts", number)) for number, item in enumerate(data["scripts"])]
    except ScriptError as error:
        raise invalid_request(str(error)) from None
    return 201, {"ids": place.batches.add(specs)}


async def get_batches(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """GET batches: what is armed, in the order it is tried, and the scope's batches, oldest first.

    Looking does not count as a poll.
    """
    now = place.clock.now()
    batches = [
        batch.to_json(now, f"/v1/messages/batches/{batch.id}/results")
        | {"workspace": batch.workspace, "script": batch.plan.script}
        for batch in Shelf(world.store).newest_first(place.name)
    ]
    return 200, {"scripts": [entry.to_json() for entry in place.batches], "batches": batches[::-1]}


async def delete_batches(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """DELETE batches: the armed scripts are back to what the script files say; batches stay."""
    place.batches.clear()
    return 200, {"scripts": []}
