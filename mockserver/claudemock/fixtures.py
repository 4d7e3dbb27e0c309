"""Where the shipped data lies: inside the wheel as `claudemock/_fixtures`, in a checkout as `fixtures/`."""

from pathlib import Path


def fixture(*parts: str) -> Path:
    """One shipped data file or folder, e.g. `fixture("catalog", "models.json")`."""
    package = Path(__file__).parent
    shipped = package / "_fixtures"
    return (shipped if shipped.is_dir() else package.parents[1] / "fixtures").joinpath(*parts)
