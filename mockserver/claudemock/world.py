"""Everything one server knows, built once and passed by hand: two servers in one process share nothing."""

import re
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b

from claudemock.catalog import Catalog
from claudemock.clock import Clock
from claudemock.engine.cache import PromptCaches
from claudemock.engine.cost import Ledger
from claudemock.engine.diagnostics import Diagnostics
from claudemock.engine.limits import Limiter, RateLimits
from claudemock.engine.threads import Threads
from claudemock.engine.tiers import Tier, load_tier
from claudemock.files import FileShelf
from claudemock.ids import digest, make_id
from claudemock.journal import Journal
from claudemock.prompt.canonical import BlockDigests
from claudemock.prompt.tokens import TokenEstimator
from claudemock.script.batch import BatchBook
from claudemock.script.book import Script, ScriptBook
from claudemock.settings import Settings
from claudemock.store.base import Store
from claudemock.store.memory import MemoryStore

_WORKSPACE_ID = re.compile(r"wrkspc_\w{1,64}", re.ASCII)
_OCCURRENCES = 65_536  # distinct requests per scope whose repetitions are told apart


class Scope:
    """One test's private world: its clock, script, and files. Nothing in it is shared with another scope."""

    def __init__(self, name: str, settings: Settings, script: Script, tier: Tier | None, store: Store) -> None:
        self.name = name
        self.caches = PromptCaches(
            shared=settings.cache_scope == "organization", minimum_tokens=settings.cache_minimum_tokens
        )
        self._diagnostics: dict[str, Diagnostics] = {}
        self.clock = Clock()
        self.script = ScriptBook(script)
        self.batches = BatchBook(script.batches, store, name)
        self.files = FileShelf()
        self.threads = Threads()
        self.limiter = None if tier is None else Limiter(tier)
        self._seed = f"{settings.seed}\0{name}".encode()
        self._hash = blake2b(self._seed + b"\0", digest_size=16)
        self._seen: OrderedDict[bytes, int] = OrderedDict()
        self._workspaces: dict[str, str] = {}

    def source(self, *parts: bytes) -> bytes:
        """What the ids of one request derive from: the scope, the request, and how often it has been seen before."""
        hashed = self._hash.copy()
        hashed.update(b"\0".join(parts))
        request = hashed.digest()
        count = self._seen.pop(request, 0)
        self._seen[request] = count + 1
        if len(self._seen) > _OCCURRENCES:
            self._seen.popitem(last=False)
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
        return self._diagnostics.setdefault(workspace, Diagnostics())

    def close(self) -> None:
        """Give back what lies on disk."""
        self.files.close()


class World:
    """One server's settings, data and state."""

    def __init__(self, settings: Settings, script: Script, store: Store | None = None) -> None:
        self.settings = settings
        self.catalog = Catalog.load(settings.catalog)
        self.tokens = TokenEstimator.load()
        self.digests = BlockDigests()
        self.limits = RateLimits()
        self.costs = Ledger()
        self.organization = organization_id(settings.seed)
        self._tier = None if settings.tier == "off" else load_tier(settings.tier)
        self.journal = Journal(settings.journal_bytes)
        self.store: Store = MemoryStore() if store is None else store
        self.at_start: list[Callable[[], None]] = []  # called in the event loop once the server answers
        self._script = script
        self._scopes: dict[str, Scope] = {}

    def scope(self, name: str) -> Scope:
        """The scope called `name`, made on first use."""
        found = self._scopes.get(name)
        if found is None:
            found = self._scopes[name] = Scope(name, self.settings, self._script, self._tier, self.store)
        return found

    def reset(self, name: str) -> None:
        """Forget everything a scope holds: script, clock, files, exchanges."""
        scope = self._scopes.pop(name, None)
        if scope is not None:
            scope.close()
        self.store.clear(name)
        self.journal.clear(name)
        self.costs.clear(name)

    def close(self) -> None:
        """Give back everything on disk. The world is not used afterwards."""
        for scope in self._scopes.values():
            scope.close()
        self._scopes.clear()
        self.store.close()


def organization_id(seed: int) -> str:
    """The UUID of the mock's organization."""
    digits = digest(b"organization", str(seed).encode()).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"
