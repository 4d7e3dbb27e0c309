"""How one server is set up. Everything a user can change is here, in `fixtures/`, or on the control API."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most bytes a request body may have, per endpoint family (docs: errors, overview, August 2026)."""

    messages: int = 32 * MEGABYTE
    batches: int = 256 * MEGABYTE
    files: int = 500 * MEGABYTE  # of one file; the form around it may have some more
    control: int = 64 * MEGABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One server's settings, fixed for its life.

    `models`: which ids answer (`current` refuses retired ones as the API does, `known` serves all the catalogue
    has, and recordings that lost their beta header, `any` every string). `checks`: `wire` keeps types and required
    fields and drops the semantic checks. `tier`: whose rate limits hold. `thinking_signatures`: `own` refuses
    thinking that this server did not sign, as the API would; `any` takes that of others too, which replayed
    recordings carry. `cache_scope`: who shares a prompt cache; `cache_minimum_tokens` replaces every model's own;
    `cache_key_includes_betas`: whether the beta header parts caches (undocumented, so off). `catalog` overrides
    catalogue entries. `padding` is the streams' random white space. `journal_bytes` bounds what the journal keeps.
    `file_storage_bytes` is what all files of an organization, here a scope, may have together (1 TB is documented).
    `state` is the SQLite file that holds everything the server remembers; None: memory. `workers` processes serve
    together and share a state file. `allow_hosts` are further Host names that may use the control API.
    `batch_webhook`: a URL that is told when a batch has ended, signed with `batch_webhook_secret` (an extension:
    the API has no such webhook).
    """

    host: str = "127.0.0.1"
    port: int = 8787
    allow_hosts: tuple[str, ...] = ()
    seed: int = 0
    models: Literal["current", "known", "any"] = "current"
    checks: Literal["full", "wire"] = "full"
    thinking_signatures: Literal["any", "own"] = "any"
    tier: Literal["off", "start", "build", "scale"] = "off"
    catalog: Mapping[str, Any] = field(default_factory=dict)
    padding: bool = True
    cache_scope: Literal["workspace", "organization"] = "workspace"
    cache_minimum_tokens: int | None = None
    cache_key_includes_betas: bool = False
    journal_bytes: int = 64 * MEGABYTE
    file_storage_bytes: int = 1_000_000 * MEGABYTE
    state: Path | str | None = None
    workers: int = 1
    batch_webhook: str | None = None
    batch_webhook_secret: str | None = None
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Raise `ValueError` for values that a setting cannot have, and for settings that contradict each other."""
        for each in fields(self):
            value = getattr(self, each.name)
            choices = get_args(each.type) if get_origin(each.type) is Literal else ()
            if choices and value not in choices:
                raise ValueError(f"{each.name} = {value!r}: one of {', '.join(choices)}")
            if isinstance(each.type, type) and each.type in (bool, int, str) and not isinstance(value, each.type):
                raise ValueError(f"{each.name} = {value!r}: must be of type {each.type.__name__}")
        if self.workers < 1:
            raise ValueError("workers: at least one process has to serve")
        if self.workers > 1 and self.state is None:
            raise ValueError("workers: several processes need a state file to share (--state PATH.db)")
