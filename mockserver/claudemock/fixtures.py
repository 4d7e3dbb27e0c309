"""Where the shipped data lies: inside the wheel as `claudemock/_fixtures`, in a checkout as `fixtures/`."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def fixture(*parts: str) -> Traversable:
    """One shipped data file or folder, e.g. `fixture("catalog", "models.json")`."""
    shipped = files("claudemock") / "_fixtures"
    root: Traversable = shipped if shipped.is_dir() else Path(__file__).parents[2] / "fixtures"
    return root.joinpath(*parts)
