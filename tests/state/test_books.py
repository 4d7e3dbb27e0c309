"""Two processes' handles on one script, and resets in between, behave as one script in memory does."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from claudemock.engine.reply import Reply
from claudemock.faults.book import Asked
from claudemock.faults.spec import parse_fault
from claudemock.script.book import Script, ScriptBook
from claudemock.script.match import Facts
from claudemock.script.spec import parse_reply
from claudemock.state.faults import StoredFaultBook
from claudemock.state.script import StoredScriptBook
from claudemock.store.base import Record
from claudemock.store.sqlite import SqliteStore
from claudemock.wire.parse import parse_messages

BASE = Script(
    tuple(
        (f"file:{n}", parse_reply({"text": f"from file {n}", "match": {"contains": "file"}, "times": 2})) for n in "ab"
    )
)
HANDLES = st.integers(0, 1)
SPECS = st.one_of(
    st.sampled_from(["one", "two"]).map(lambda text: {"text": text}),
    st.builds(lambda text, times: {"text": text, "times": times}, st.sampled_from("xy"), st.none() | st.integers(1, 3)),
    st.builds(
        lambda word, times: {"text": f"rule {word}", "match": {"contains": word}, "times": times},
        st.sampled_from(["sun", "rain"]),
        st.none() | st.integers(1, 2),
    ),
)


def facts(text: str) -> Facts:
    """A request that says `text`."""
    body = {"model": "claude-opus-4-8", "max_tokens": 10, "messages": [{"role": "user", "content": text}]}
    return Facts(parse_messages(body, version="2023-06-01", betas=frozenset()), {}, "default")


WORDS = {text: facts(text) for text in ("sun", "rain", "file", "nothing")}


class OneScript(RuleBasedStateMachine):
    """Whatever handle is used, and whoever reset the scope, both know the same as the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "state.db"
        self.stores = [SqliteStore(path), SqliteStore(path)]
        self.books = [StoredScriptBook(BASE, store, "scope") for store in self.stores]
        self.model = ScriptBook(BASE)

    def teardown(self) -> None:
        """Give back the file."""
        for store in self.stores:
            store.close()
        self.folder.cleanup()

    @rule(handle=HANDLES, specs=st.lists(SPECS, min_size=1, max_size=3))
    def add(self, handle: int, specs: list[dict[str, object]]) -> None:
        """Arm replies."""
        parsed = [parse_reply(spec) for spec in specs]
        assert self.books[handle].add(parsed) == self.model.add(parsed)

    @rule(handle=HANDLES, text=st.sampled_from(sorted(WORDS)), keep=st.booleans())
    def take(self, handle: int, text: str, keep: bool) -> None:
        """The next reply is the same."""
        with self.stores[handle].transaction():
            got = self.books[handle].take(WORDS[text], keep=keep)
        wanted = self.model.take(WORDS[text], keep=keep)
        assert (got.content if isinstance(got, Reply) else got) == (
            wanted.content if isinstance(wanted, Reply) else wanted
        )

    @rule(handle=HANDLES, text=st.sampled_from(sorted(WORDS)))
    def take_in_vain(self, handle: int, text: str) -> None:
        """What a transaction that came to nothing had taken is there again."""
        try:
            with self.stores[handle].transaction():
                self.books[handle].take(WORDS[text])
                self.books[handle].take(WORDS[text])
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass

    @rule(handle=HANDLES, strict=st.booleans())
    def strict(self, handle: int, strict: bool) -> None:
        """Make a miss an error, or not."""
        self.books[handle].strict = self.model.strict = strict

    @rule(handle=HANDLES)
    def clear(self, handle: int) -> None:
        """Back to the script files."""
        self.books[handle].clear()
        self.model.clear()

    @rule(handle=HANDLES)
    def reset(self, handle: int) -> None:
        """One process resets the scope; the other only finds its records gone, and ids are given again."""
        self.stores[handle].clear("scope")
        self.books[handle] = StoredScriptBook(BASE, self.stores[handle], "scope")
        self.model = ScriptBook(BASE)

    @invariant()
    def all_show_the_same(self) -> None:
        """What is armed, and how often it was used."""
        for book in self.books:
            assert book.strict == self.model.strict
            assert [entry.to_json() for entry in book] == [entry.to_json() for entry in self.model]


OneScript.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestOneScript = OneScript.TestCase


def test_another_process_reset_disarms_faults(tmp_path: Path) -> None:
    """A process that remembers armed faults is told by their absence that the scope was reset."""
    stores = [SqliteStore(tmp_path / "state.db") for _ in range(2)]
    first, second = (StoredFaultBook((), b"seed", 0.0, store, "scope") for store in stores)
    asked = Asked(path="/v1/messages", stream=False, source=b"1", body=b"", conversation=None, facts=lambda: None)
    first.add([parse_fault("overloaded")], 0.0)
    assert second.choose(asked, 0.0)
    stores[0].clear("scope")
    assert not second.armed
    assert list(second) == []
    assert second.add([parse_fault("overloaded")], 0.0) == ["fault_1"]
    for store in stores:
        store.close()


class Counting(SqliteStore):
    """A store that counts the records it gave."""

    given = 0

    def scan(self, *arguments: Any, **options: Any) -> Sequence[Record]:
        """See `Store`."""
        found = super().scan(*arguments, **options)
        self.given += len(found)
        return found


def test_reading_costs_what_was_changed(tmp_path: Path) -> None:
    """With thousands of replies armed, taking one reads a few records, not all."""
    store = Counting(tmp_path / "state.db")
    book = StoredScriptBook(Script(), store, "scope")
    book.add([parse_reply(f"reply {number}") for number in range(2000)])
    for _ in range(50):
        store.put("other", "scope", "key", b"")
        with store.transaction():
            assert isinstance(book.take(WORDS["sun"]), Reply)
    assert 50 <= store.given <= 60
    store.close()
