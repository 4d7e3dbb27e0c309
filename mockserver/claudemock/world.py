"""Everything one server knows, built once and passed by hand: two servers in one process share nothing."""

import re
from collections import OrderedDict
from hashlib import blake2b

from claudemock.catalog import Catalog
from claudemock.clock import Clock
from claudemock.engine.limits import RateLimits
from claudemock.files import FileShelf
from claudemock.ids import digest, make_id
from claudemock.journal import Journal
from claudemock.prompt.tokens import TokenEstimator
from claudemock.script.book import Script, ScriptBook
from claudemock.settings import Settings

_WORKSPACE_ID = re.compile(r"wrkspc_\w{1,64}", re.ASCII)
_OCCURRENCES = 65_536  # distinct requests per scope whose repetitions are told apart


class Scope:
    """One test's private world: its clock, script, and files. Nothing in it is shared with another scope."""

    def __init__(self, name: str, seed: int, script: Script) -> None:
        self.name = name
        self.clock = Clock()
        self.script = ScriptBook(script)
        self.files = FileShelf()
        self._seed = f"{seed}\0{name}".encode()
        self._hash = blake2b(self._seed + b"\0", digest_size=16)
        self._seen: OrderedDict[bytes, int] = OrderedDict()
        self._workspaces: dict[str, str] = {}

    def source(self, *parts: bytes) -> bytes:
        """What the ids of one request derive from: the scope, the request, and how often it has been seen before."""
        hashed = self._hash.copy()
        for part in parts:
            hashed.update(b"%d:" % len(part))
            hashed.update(part)
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

    def close(self) -> None:
        """Give back what lies on disk."""
        self.files.close()


class World:
    """One server's settings, data and state."""

    def __init__(self, settings: Settings, script: Script) -> None:
        self.settings = settings
        self.catalog = Catalog.load(settings.catalog)
        self.tokens = TokenEstimator.load()
        self.limits = RateLimits()
        self.journal = Journal(settings.journal_bytes)
        self._script = script
        self._scopes: dict[str, Scope] = {}

    def scope(self, name: str) -> Scope:
        """The scope called `name`, made on first use."""
        found = self._scopes.get(name)
        if found is None:
            found = self._scopes[name] = Scope(name, self.settings.seed, self._script)
        return found

    def reset(self, name: str) -> None:
        """Forget everything a scope holds: script, clock, files, exchanges."""
        scope = self._scopes.pop(name, None)
        if scope is not None:
            scope.close()
        self.journal.clear(name)

    def close(self) -> None:
        """Give back everything on disk. The world is not used afterwards."""
        for scope in self._scopes.values():
            scope.close()
        self._scopes.clear()
