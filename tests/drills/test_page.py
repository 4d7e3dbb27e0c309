"""The page about drills."""

import pytest

from claudemock_contracts.drills.plan import Drill, load_drills
from tests.meta.sources import ROOT


@pytest.mark.parametrize("drill", load_drills(), ids=lambda drill: drill.name)
def test_every_drill_is_explained(drill: Drill) -> None:
    """The page names it; the file says what happens, why that matters, and how it may pass."""
    assert f"`{drill.name}`" in (ROOT / "docs" / "drills.md").read_text(encoding="utf-8")
    assert drill.title
    assert drill.why.endswith(".")
    assert drill.faults or drill.replies or drill.batches or drill.parallel_tools
    assert "survived" in drill.passes
