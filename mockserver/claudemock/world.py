"""Everything one server knows, built once and passed by hand: two servers in one process share nothing."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from claudemock.catalog import Catalog
from claudemock.engine.attached import Remembered
from claudemock.engine.cache import PromptCaches
from claudemock.engine.cost import Ledger
from claudemock.engine.diagnostics import Diagnostics
from claudemock.engine.limits import Limiter, RateLimits
from claudemock.engine.threads import Threads
from claudemock.engine.tiers import Tier, load_tier
from claudemock.faults.spec import FaultSpec
from claudemock.files.shelf import FileShelf, KnownBlobs
from claudemock.ids import digest, make_id
from claudemock.prompt.canonical import BlockDigests
from claudemock.prompt.tokens import TokenEstimator
from claudemock.recent import Recent
from claudemock.script.batch import BatchBook
from claudemock.script.book import Script
from claudemock.settings import Settings
from claudemock.state.backing import Backing, InFile, InMemory

_WORKSPACE_ID = re.compile(r"wrkspc_\w{1,64}", re.ASCII)
_REMEMBERED = 128_000_000  # bytes of what is known of uploaded files' contents


@dataclass(frozen=True, slots=True)
class Origin:
    """What every scope of a server begins with."""

    settings: Settings
    script: Script
    faults: tuple[FaultSpec, ...]
    tier: Tier | None
    backing: Backing


class Scope:
    """One test's private world: its clock, script, and files. Nothing in it is shared with another scope."""

    def __init__(self, name: str, origin: "Origin") -> None:
        settings, backing = origin.settings, origin.backing
        self.name = name
        self._seed = f"{settings.seed}\0{name}".encode()
        self.caches = PromptCaches(
            lambda cache: backing.entries(name, cache),
            shared=settings.cache_scope == "organization",
            minimum_tokens=settings.cache_minimum_tokens,
        )
        self.clock = backing.clock(name)
        self.script = backing.script(name, origin.script)
        self.batches = BatchBook(origin.script.batches, backing.store, name)
        self.files = FileShelf(backing.store, backing.blobs, name, seed=self._seed, quota=settings.file_storage_bytes)
        self.threads = Threads(backing.threads(name))
        self.limiter = None if origin.tier is None else Limiter(origin.tier, backing.buckets(name))
        self._backing = backing
        self._diagnostics: dict[str, Diagnostics] = {}
        self.faults = backing.faults(name, origin.faults, self._seed, self.clock.now())
        self._hash = blake2b(self._seed + b"\0", digest_size=16)
        self._seen = backing.occurrences(name)
        self._workspaces: dict[str, str] = {}

    def source(self, *parts: bytes) -> bytes:
        """What the ids of one request derive from: the scope, the request, and how often it has been seen before."""
        hashed = self._hash.copy()
        hashed.update(b"\0".join(parts))
        request = hashed.digest()
        key = request.hex()
        count = self._seen.get(key) or 0
        self._seen.put(key, count + 1)
        return request if count == 0 else digest(request, b"%d" % count)

    def workspace_id(self, name: str) -> str:
        """The `wrkspc_…` id of a workspace, which a client may also name by its id."""
        known = self._workspaces.get(name)
        if known is None:
            known = name if _WORKSPACE_ID.fullmatch(name) else make_id("wrkspc", digest(self._seed, name.encode()))
            self._workspaces[name] = known
        return known

    def diagnostics(self, workspace: str) -> Diagnostics:
        """What is remembered of one workspace's requests for cache diagnostics."""
        known = self._diagnostics.get(workspace)
        if known is None:
            known = self._diagnostics[workspace] = Diagnostics(self._backing.fingerprints(self.name, workspace))
        return known


class World:
    """One server's settings, data and state. Raises `StoreError` for a state file that cannot be used."""

    def __init__(self, settings: Settings, script: Script, faults: Sequence[FaultSpec] = ()) -> None:
        self.settings = settings
        self.catalog = Catalog.load(settings.catalog)
        self.tokens = TokenEstimator.load()
        self.digests = BlockDigests()
        self.limits = RateLimits()
        self._backing: Backing = InMemory() if settings.state is None else InFile(Path(settings.state))
        self.store, self.blobs, self.step = self._backing.store, self._backing.blobs, self._backing.step
        self.blobs.sweep(KnownBlobs(self.store))
        self.costs = Ledger(self._backing.costs())
        self.remembered_files: Remembered = Recent(room=_REMEMBERED)
        self.organization = organization_id(settings.seed)
        tier = None if settings.tier == "off" else load_tier(settings.tier)
        self.journal = self._backing.journal(settings.journal_bytes)
        self._origin = Origin(settings, script, tuple(faults), tier, self._backing)
        self.at_start: list[Callable[[], None]] = []  # called in the event loop once the server answers
        self._scopes: dict[str, Scope] = {}
        self._leader: str | None = None
        self._led: set[str] = set()
        self.last_leader: str | None = None

    def scope(self, name: str) -> Scope:
        """The scope called `name`, made on first use. While one leads, it is also `default` and all that led before."""
        if self._leader is not None and name in self._led:
            name = self._leader
        found = self._scopes.get(name)
        if found is None:
            found = self._scopes[name] = Scope(name, self._origin)
        return found

    def lead(self, name: str | None) -> None:
        """Let a scope lead, or (None) none: clients made before it, for an earlier leader or for none, belong to it.

        What comes in while none leads stays where it was sent.
        """
        self._leader = name
        if name is not None:
            self._led |= {"default"} if self.last_leader is None else {"default", self.last_leader}
            self._led.discard(name)
            self.last_leader = name

    def reset(self, name: str) -> None:
        """Forget everything a scope holds: script, clock, files, exchanges. It happens as a whole or not at all."""
        files = self.scope(name).files
        with self.store.transaction():
            contents = files.forget()
            self.store.clear(name)
            self.costs.clear(name)
        del self._scopes[name]
        files.remove_contents(contents)
        self.journal.clear(name)

    def close(self) -> None:
        """Give back everything held open, and what was only to last as long. The world is not used afterwards."""
        self._scopes.clear()
        self._backing.close()


def organization_id(seed: int) -> str:
    """The UUID of the mock's organization."""
    digits = digest(b"organization", str(seed).encode()).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"
