"""What the API's models, versions and beta headers are, as data: `fixtures/catalog/*.json`.

Nothing about a model is decided in code. Every column of every model carries its provenance: a confidence mark (the
marks are explained in `models.json`) and a source.
"""

from claudemock.catalog.catalog import Catalog
from claudemock.catalog.model import Beta, Effort, Lifecycle, Model, Names, Price, PriceFactor, ThinkingMode, Version

__all__ = [
    "Beta",
    "Catalog",
    "Effort",
    "Lifecycle",
    "Model",
    "Names",
    "Price",
    "PriceFactor",
    "ThinkingMode",
    "Version",
]
