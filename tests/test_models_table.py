"""`claudemock models`: the table for people and the JSON for programs."""

import json

from claudemock.catalog import Catalog
from claudemock.models_table import render_models

CATALOG = Catalog.load()


def test_the_table_is_readable_in_a_terminal() -> None:
    """At most 120 columns, one model after the other, with all its names."""
    lines = render_models(CATALOG, as_json=False).splitlines()
    assert max(map(len, lines)) <= 120
    rows = [line.split()[0] for line in lines if line.startswith("claude-")]
    assert rows == [model.id for model in CATALOG.models]
    words = " ".join(lines).split()
    assert {alias for model in CATALOG.models for alias in model.aliases} <= set(words)
    haiku = "claude-haiku-4-5-20251001 claude-haiku-4-5 active 200k/64k 1/5 4096 enabled, off"
    sonnet = "claude-sonnet-4-6 active 1M/128k 3/15 1024 adaptive, off enabled"
    squeezed = " ".join(words)
    assert f" {haiku} claude-" in squeezed
    assert f" {sonnet} claude-" in squeezed


def test_the_json_has_everything_with_provenance() -> None:
    """For programs, and for people who ask how a number is known."""
    data = json.loads(render_models(CATALOG, as_json=True))
    assert [row["id"] for row in data["models"]] == [model.id for model in CATALOG.models]
    for row in data["models"]:
        assert row.keys() - {"provenance"} == row["provenance"].keys()
    assert [beta["name"] for beta in data["betas"]] == list(CATALOG.betas)
    assert [version["name"] for version in data["versions"]] == list(CATALOG.versions)
