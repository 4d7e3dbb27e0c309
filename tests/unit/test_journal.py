"""The journal keeps order, keeps within its bound, says what it dropped, and never shows a secret."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from claudemock.journal import Exchange, Journal, redacted


def made(scope: str = "s", body: bytes = b"", **facts: Any) -> Exchange:
    """An exchange as the recorder makes it."""
    headers = facts.pop("headers", [(b"host", b"x")])
    return Exchange(
        scope=scope,
        method="POST",
        path="/v1/messages",
        query="",
        headers=headers,
        named=dict(headers),
        started_at=0.0,
        began=0.0,
        body=body,
        **facts,
    )


def everything(entry: Exchange) -> bool:
    """The filter that lets every journalled exchange through."""
    return entry.sequence > 0


def filled(journal: Journal, *sizes: int) -> list[Exchange]:
    """Finished exchanges with bodies of these sizes."""
    exchanges = [made(body=b"x" * size) for size in sizes]
    for exchange in exchanges:
        journal.begin(exchange)
        journal.close(exchange, "clean")
    return exchanges


def test_oldest_go_first_and_are_counted() -> None:
    """Over the bound the oldest exchanges are dropped, never the newest."""
    journal = Journal(limit=30_000)
    filled(journal, *[5_000] * 10)
    kept = [entry.sequence for entry in journal.find(everything)]
    assert kept == list(range(11 - len(kept), 11))
    assert journal.dropped("s") == 10 - len(kept)
    assert 0 < len(kept) < 10


def test_one_exchange_over_the_bound_is_kept() -> None:
    """The newest exchange is there even when it alone is over the bound."""
    journal = Journal(limit=1000)
    filled(journal, 10, 50_000)
    assert [entry.sequence for entry in journal.find(everything)] == [2]


@given(st.lists(st.integers(0, 4000), max_size=30), st.integers(5_000, 40_000))
def test_bound_holds(sizes: list[int], limit: int) -> None:
    """Whatever comes in, what is kept fits the bound or is a single exchange, and nothing is uncounted."""
    journal = Journal(limit=limit)
    filled(journal, *sizes)
    kept = journal.find(everything)
    assert sum(entry.size for entry in kept) <= limit or len(kept) == 1
    assert len(kept) + journal.dropped("s") == len(sizes)


def test_find_filters_and_pages() -> None:
    """`after` skips, `limit` bounds, the filter chooses."""
    journal = Journal(limit=10**6)
    filled(journal, 1, 2, 3, 4)
    assert [entry.sequence for entry in journal.find(everything, after=1, limit=2)] == [2, 3]
    assert [entry.sequence for entry in journal.find(lambda entry: len(entry.body) > 3)] == [4]


def test_clear_is_one_scope() -> None:
    """Clearing a scope leaves the others."""
    journal = Journal(limit=10**6)
    for scope in ("a", "b", "a"):
        exchange = made(scope)
        journal.begin(exchange)
        journal.close(exchange, "clean")
    journal.clear("a")
    assert [entry.scope for entry in journal.find(everything)] == ["b"]


def test_listeners_hear_every_end_once() -> None:
    """Closing twice tells once; a stopped listener hears no more."""
    journal, heard = Journal(limit=10**6), []
    stop = journal.listen(lambda: heard.append(1))
    exchange = made()
    journal.begin(exchange)
    journal.close(exchange, "cut")
    journal.close(exchange, "clean")
    assert exchange.ended == "cut"
    stop()
    filled(journal, 1)
    assert heard == [1]


def test_credentials_are_redacted() -> None:
    """Keys and tokens never leave the journal; mock keys, which open nothing, stay readable."""
    secret = [
        (b"x-api-key", b"sk-ant-api03-very-secret"),
        (b"authorization", b"Bearer abc.def"),
        (b"cookie", b"session=1"),
    ]
    shown = json.dumps(made(headers=secret).to_json())
    assert "secret" not in shown
    assert "abc.def" not in shown
    assert "session" not in shown
    assert redacted("Bearer sk-ant-mock-a.b") == "Bearer sk-ant-mock-a.b"
    assert redacted("sk-ant-api03-x") == "sk-ant-…"


def test_any_body_can_be_shown() -> None:
    """JSON as JSON, text as text, other bytes as base64, deep nesting as text."""
    assert made(body=b'{"a": 1}').to_json()["request"]["body"] == {"a": 1}
    assert made(body=b"plain").to_json()["request"]["body"] == "plain"
    assert made(body=b"\xff").to_json()["request"]["body"] == {"_base64": "/w=="}
    deep = b"[" * 900 + b"]" * 900
    assert made(body=deep).to_json()["request"]["body"] == deep.decode()


def test_events_carry_the_time_of_their_last_byte() -> None:
    """A stream is shown event by event, a cut one with its partial rest."""
    exchange = made(response_headers=[(b"content-type", b"text/event-stream; charset=utf-8")])
    exchange.chunks = [(1.0, b'event: a\ndata: {"x":1}\n\nevent: b\nda'), (2.0, b'ta: {"x":2}\n\nevent: c')]
    assert exchange.to_json()["response"]["events"] == [
        {"event": "a", "data": {"x": 1}, "at_ms": 1.0},
        {"event": "b", "data": {"x": 2}, "at_ms": 2.0},
        {"partial": "event: c", "at_ms": 2.0},
    ]
