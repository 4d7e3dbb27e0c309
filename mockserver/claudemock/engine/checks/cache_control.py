"""Cache breakpoints: how many, in which order of lifetimes, and where automatic caching puts its own.

Wording: quoted in public issues (Q3, Q41). That automatic caching counts as a breakpoint, does nothing where its block
is marked alike and is refused where it is marked otherwise is documented; the wording of that refusal is unproven.
"""

from typing import NamedTuple

from claudemock.engine.checks.subject import Subject
from claudemock.wire.errors import invalid_request
from claudemock.wire.media import CacheControl

_MOST = 4


class _Breakpoint(NamedTuple):
    location: str
    ttl: str


def check_breakpoints(subject: Subject) -> None:
    """At most four, and those of an hour before those of five minutes."""
    found = _explicit(subject)
    automatic = subject.request.cache_control
    if automatic is not None:
        _add_automatic(subject, found, automatic.ttl or "5m")
    if len(found) > _MOST:
        raise invalid_request(f"A maximum of {_MOST} blocks with cache_control may be provided. Found {len(found)}.")
    short_seen = False
    for each in found:
        if short_seen and each.ttl == "1h":
            raise invalid_request(
                f"{each.location}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' "
                "cache_control block. Note that blocks are processed in the following order: `tools`, `system`, "
                "`messages`."
            )
        short_seen = short_seen or each.ttl == "5m"


def _explicit(subject: Subject) -> list[_Breakpoint]:
    found: list[_Breakpoint] = []
    for number, tool in enumerate(subject.request.tools):
        if tool.cache_control is not None:
            found.append(_Breakpoint(f"tools.{number}", tool.cache_control.ttl or "5m"))
    for number, block in enumerate(subject.request.system):
        if block.cache_control is not None:
            found.append(_Breakpoint(f"system.{number}", block.cache_control.ttl or "5m"))
    for placed, control in subject.marked:
        found.append(_Breakpoint(placed.path, control.ttl or "5m"))
    return found


def _add_automatic(subject: Subject, found: list[_Breakpoint], ttl: str) -> None:
    """On the last block that can be cached, wherever that is."""
    location, mark = _last_cacheable(subject)
    if location is None:
        return
    if mark is None:
        found.append(_Breakpoint(location, ttl))
    elif (mark.ttl or "5m") != ttl:
        raise invalid_request(
            f"cache_control.ttl: the last block already has a cache_control block with ttl='{mark.ttl or '5m'}'"
        )


def _last_cacheable(subject: Subject) -> tuple[str | None, CacheControl | None]:
    request = subject.request
    for turn in reversed(subject.turns):
        for placed in reversed(turn.blocks):
            if hasattr(placed.block, "cache_control"):
                return placed.path, placed.block.cache_control
    if request.system:
        return f"system.{len(request.system) - 1}", request.system[-1].cache_control
    if request.tools:
        return f"tools.{len(request.tools) - 1}", request.tools[-1].cache_control
    return None, None
