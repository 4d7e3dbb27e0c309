"""What a server's memory is made of: this process's own, or a file that several processes share and a restart keeps."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from claudemock.clock import Clock
from claudemock.engine.cache_entries import Entries, MemoryEntries
from claudemock.engine.cost import Line
from claudemock.engine.diagnostics import Fingerprint
from claudemock.engine.limits import Bucket
from claudemock.engine.threads import Thread
from claudemock.faults.book import FaultBook
from claudemock.faults.spec import FaultSpec
from claudemock.held import BoundedDict, Held
from claudemock.journal import Journal
from claudemock.script.book import Script, ScriptBook
from claudemock.state import codecs
from claudemock.state.cache import StoredEntries
from claudemock.state.clock import StoredClock
from claudemock.state.faults import StoredFaultBook
from claudemock.state.journal import StoredJournal
from claudemock.state.script import StoredScriptBook
from claudemock.store.base import Store, StoreError
from claudemock.store.blobs import Blobs
from claudemock.store.held import StoredMapping
from claudemock.store.memory import MemoryStore
from claudemock.wire.errors import ApiError

_OCCURRENCES = 65_536  # distinct requests per scope whose repetitions are told apart
_THREADS = 10_000
_FINGERPRINTS = 1024
_EVERYWHERE = ""  # the scope of what belongs to the whole server


class Backing(Protocol):
    """Makes what a server and its scopes remember. `store` and `blobs` are for what is not looked at all the time."""

    store: Store
    blobs: Blobs

    def step(self) -> AbstractContextManager[None]:
        """All that one request changes happens together, for every other process. Nothing is awaited inside."""

    def journal(self, limit: int) -> Journal:
        """The exchanges, within `limit` bytes."""

    def costs(self) -> Held[Line]:
        """The lines of the ledger."""

    def clock(self, scope: str) -> Clock:
        """A scope's clock."""

    def script(self, scope: str, base: Script) -> ScriptBook:
        """A scope's script over what the script files say."""

    def faults(self, scope: str, base: Sequence[FaultSpec], seed: bytes, now: float) -> FaultBook:
        """A scope's faults, with those armed from the start."""

    def entries(self, scope: str, cache: str) -> Entries:
        """A prompt cache of a scope."""

    def occurrences(self, scope: str) -> Held[int]:
        """How often each request was seen."""

    def threads(self, scope: str) -> Held[Thread]:
        """Message threads."""

    def buckets(self, scope: str) -> Held[Bucket]:
        """What is left of rate limits."""

    def fingerprints(self, scope: str, workspace: str) -> Held[Fingerprint]:
        """What cache diagnostics compare with."""

    def close(self) -> None:
        """Give back what is open."""


class InMemory:
    """State of one process, gone with it."""

    def __init__(self) -> None:
        self.store: Store = MemoryStore()
        self.blobs = Blobs.temporary()
        self._step = nullcontext()

    def step(self) -> AbstractContextManager[None]:
        """See `Backing`."""
        return self._step

    def journal(self, limit: int) -> Journal:
        """See `Backing`."""
        return Journal(limit)

    def costs(self) -> Held[Line]:
        """See `Backing`."""
        return BoundedDict()

    def clock(self, scope: str) -> Clock:  # noqa: ARG002 - each scope is given its own
        """See `Backing`."""
        return Clock()

    def script(self, scope: str, base: Script) -> ScriptBook:  # noqa: ARG002
        """See `Backing`."""
        return ScriptBook(base)

    def faults(self, scope: str, base: Sequence[FaultSpec], seed: bytes, now: float) -> FaultBook:  # noqa: ARG002
        """See `Backing`."""
        return FaultBook(base, seed, now)

    def entries(self, scope: str, cache: str) -> Entries:  # noqa: ARG002
        """See `Backing`."""
        return MemoryEntries()

    def occurrences(self, scope: str) -> Held[int]:  # noqa: ARG002
        """See `Backing`."""
        return BoundedDict(_OCCURRENCES)

    def threads(self, scope: str) -> Held[Thread]:  # noqa: ARG002
        """See `Backing`."""
        return BoundedDict(_THREADS)

    def buckets(self, scope: str) -> Held[Bucket]:  # noqa: ARG002
        """See `Backing`."""
        return BoundedDict()

    def fingerprints(self, scope: str, workspace: str) -> Held[Fingerprint]:  # noqa: ARG002
        """See `Backing`."""
        return BoundedDict(_FINGERPRINTS)

    def close(self) -> None:
        """See `Backing`."""
        self.store.close()
        self.blobs.close()


class InFile:
    """State in the SQLite file `path`, with the contents of files in a folder beside it. Raises `StoreError`."""

    def __init__(self, path: Path) -> None:
        from claudemock.store.sqlite import SqliteStore  # its import costs what a server in memory saves

        self.store: Store = SqliteStore(path)
        try:
            self.blobs = Blobs(path.with_name(path.name + ".files"))
        except StoreError:
            self.store.close()
            raise

    @contextmanager
    def step(self) -> Iterator[None]:
        """See `Backing`. A refusal is no failure: what was counted until then counts."""
        refused = None
        with self.store.transaction():
            try:
                yield
            except ApiError as error:
                refused = error
        if refused is not None:
            raise refused

    def journal(self, limit: int) -> Journal:
        """See `Backing`."""
        return StoredJournal(limit, self.store)

    def costs(self) -> Held[Line]:
        """See `Backing`."""
        return StoredMapping(self.store, "cost", _EVERYWHERE, encode=codecs.dump, decode=codecs.load_line)

    def clock(self, scope: str) -> Clock:
        """See `Backing`."""
        return StoredClock(self.store, scope)

    def script(self, scope: str, base: Script) -> ScriptBook:
        """See `Backing`."""
        return StoredScriptBook(base, self.store, scope)

    def faults(self, scope: str, base: Sequence[FaultSpec], seed: bytes, now: float) -> FaultBook:
        """See `Backing`."""
        return StoredFaultBook(base, seed, now, self.store, scope)

    def entries(self, scope: str, cache: str) -> Entries:
        """See `Backing`."""
        return StoredEntries(self.store, scope, cache)

    def occurrences(self, scope: str) -> Held[int]:
        """See `Backing`."""
        return StoredMapping(self.store, "occurrence", scope, encode=codecs.dump, decode=int, most=_OCCURRENCES)

    def threads(self, scope: str) -> Held[Thread]:
        """See `Backing`."""
        return StoredMapping(self.store, "thread", scope, encode=codecs.dump, decode=codecs.load_thread, most=_THREADS)

    def buckets(self, scope: str) -> Held[Bucket]:
        """See `Backing`."""
        return StoredMapping(self.store, "bucket", scope, encode=codecs.dump, decode=codecs.load_bucket)

    def fingerprints(self, scope: str, workspace: str) -> Held[Fingerprint]:
        """See `Backing`."""
        return StoredMapping(
            self.store,
            f"fingerprint/{workspace}",
            scope,
            encode=codecs.dump_fingerprint,
            decode=codecs.load_fingerprint,
            most=_FINGERPRINTS,
        )

    def close(self) -> None:
        """See `Backing`."""
        self.store.close()
        self.blobs.close()
