"""The ledger's totals by model, workspace and scope, and its bound."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from claudemock.engine.cost import PICODOLLARS, Cost, Ledger, Line, Tokens, tokens_of

USAGE = {"input_tokens": 10, "cache_read_input_tokens": 90, "output_tokens": 5}
COST = Cost(input=40, read=18, output=100, uncached=500)
names = st.sampled_from(["a", "b", "c", "d"])


def test_one_exchange() -> None:
    """Every place shows the same line: tokens by price, dollars by price, with and without the cache."""
    ledger = Ledger()
    ledger.add("test-1", "default", "claude-opus-5-5", Line.of(tokens_of(USAGE), COST))
    line = {
        "requests": 1,
        "unpriced": 0,
        "tokens": {"input": 10, "write_5m": 0, "write_1h": 0, "read": 90, "output": 5},
        "dollars": {
            "input": 40 / PICODOLLARS,
            "write_5m": 0,
            "write_1h": 0,
            "read": 18 / PICODOLLARS,
            "output": 100 / PICODOLLARS,
            "web_search": 0,
            "total": 158 / PICODOLLARS,
            "uncached": 500 / PICODOLLARS,
            "saved": 342 / PICODOLLARS,
        },
    }
    assert ledger.to_json() == {
        "currency": "USD",
        "total": line,
        "by_model": {"claude-opus-5-5": line},
        "by_workspace": {"default": line},
        "by_scope": {"test-1": line},
    }


def test_nothing_yet() -> None:
    """No traffic is a total of zero, not an error."""
    shown = Ledger().to_json("test-1")
    assert (shown["total"]["requests"], shown["total"]["dollars"]["total"], shown["by_model"]) == (0, 0, {})


def test_scopes_are_apart_and_can_be_forgotten() -> None:
    """One test sees its own costs; a reset takes them out of the whole."""
    ledger = Ledger()
    ledger.add("one", "w", "m", Line.of(tokens_of(USAGE), COST))
    ledger.add("two", "w", "n", Line.of(tokens_of(USAGE), COST))
    assert list(ledger.to_json("one")["by_model"]) == ["m"]
    ledger.clear("one")
    assert list(ledger.to_json()["by_scope"]) == ["two"]
    assert ledger.to_json("one")["total"]["requests"] == 0


def test_without_a_price() -> None:
    """Tokens are counted, dollars are not made up, and the figure says how many were left out."""
    ledger = Ledger()
    ledger.add("s", "w", "m", Line.of(tokens_of(USAGE), None))
    ledger.add("s", "w", "m", Line.of(tokens_of(USAGE), COST))
    total = ledger.to_json()["total"]
    assert (total["requests"], total["unpriced"], total["tokens"]["input"]) == (2, 1, 20)
    assert total["dollars"]["total"] == COST.total / PICODOLLARS


def test_a_full_ledger_keeps_true_totals() -> None:
    """The lines used longest ago are counted together; nothing is lost from the server's total."""
    ledger = Ledger(limit=3)
    for number in range(10):
        ledger.add("busy", "w", "m", Line.of(tokens_of(USAGE), COST))
        ledger.add(f"test-{number}", "w", "m", Line.of(tokens_of(USAGE), COST))
    shown = ledger.to_json()
    assert list(shown["by_scope"]) == ["(other)", "busy", "test-8", "test-9"]
    assert shown["by_scope"]["busy"]["requests"] == 10
    assert shown["total"]["requests"] == 20
    assert shown["total"]["dollars"]["total"] == 20 * COST.total / PICODOLLARS


@given(st.lists(st.tuples(names, names, names, st.integers(0, 10**6)), max_size=40), st.integers(1, 12))
def test_each_grouping_adds_up(entries: list[tuple[str, str, str, int]], limit: int) -> None:
    """Models, workspaces and scopes are three views of one total, however small the ledger is."""
    ledger = Ledger(limit=limit)
    for scope, workspace, model, tokens in entries:
        ledger.add(scope, workspace, model, Line.of(Tokens(output=tokens), Cost(output=tokens)))
    shown: dict[str, Any] = ledger.to_json()
    spent = sum(tokens for *_, tokens in entries)
    assert (shown["total"]["requests"], shown["total"]["tokens"]["output"]) == (len(entries), spent)
    for view in ("by_model", "by_workspace", "by_scope"):
        assert sum(line["requests"] for line in shown[view].values()) == len(entries)
        assert sum(line["tokens"]["output"] for line in shown[view].values()) == spent
