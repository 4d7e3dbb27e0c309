"""Arming faults over the control API: POST, GET and DELETE /_mock/faults, DELETE /_mock/faults/ID."""

from typing import Any

from claudemock.control.endpoints import Answer
from claudemock.faults.spec import parse_fault
from claudemock.journal import Exchange
from claudemock.script.spec import ScriptError
from claudemock.wire.errors import invalid_request, not_found
from claudemock.world import Scope, World


async def add_faults(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """POST faults: `{"faults": [FAULT…]}`. All are armed, or none if one is wrong."""
    if not isinstance(data, dict) or set(data) != {"faults"} or not isinstance(data["faults"], list):
        raise invalid_request('faults: the body is {"faults": [FAULT, …]}')
    try:
        specs = [parse_fault(item, ("faults", number)) for number, item in enumerate(data["faults"])]
    except ScriptError as error:
        raise invalid_request(str(error)) from None
    return 201, {"ids": place.faults.add(specs, place.clock.now())}


async def get_faults(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """GET faults: every fault armed in the scope, with how often it acted."""
    return 200, {"faults": [entry.to_json() for entry in place.faults]}


async def delete_faults(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """DELETE faults: back to what the server was started with."""
    place.faults.clear(place.clock.now())
    return 200, {"faults": [entry.to_json() for entry in place.faults]}


async def delete_fault(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """DELETE faults/ID."""
    if not place.faults.remove(data):
        raise not_found(f"Fault not found: {data}")
    return 200, {"deleted": data}
