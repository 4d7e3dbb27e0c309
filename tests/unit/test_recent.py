"""What was lately seen is found again; memory stays within its bound."""

from hypothesis import given
from hypothesis import strategies as st

from claudemock.recent import Recent


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12))), st.integers(1, 100))
def test_bound_and_truth(puts: list[tuple[int, int]], room: int) -> None:
    """Never more than the room, and never another value than the last one put."""
    recent: Recent[int, str] = Recent(room)
    held: dict[int, tuple[str, int]] = {}
    for number, (key, size) in enumerate(puts):
        recent.put(key, str(number), size)
        if size <= room // 8:
            held[key] = (str(number), size)
    found = {key: value for key in range(10) if (value := recent.get(key)) is not None}
    assert all(held[key][0] == value for key, value in found.items())
    assert sum(held[key][1] for key in found) <= room
    assert len(recent) == len(found)


def test_what_was_asked_for_stays() -> None:
    """The least lately used goes first."""
    recent: Recent[str, int] = Recent(room=24)
    for key in "abc":
        recent.put(key, 1, 3)
    for _ in range(20):
        assert recent.get("a") == 1
        recent.put("x", 2, 3)
    for key in "defghi":
        recent.put(key, 3, 3)
        assert recent.get("a") == 1
    assert recent.get("b") is None
