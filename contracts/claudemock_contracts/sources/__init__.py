"""Recorded traffic from files: the mock's journal, HAR, VCR cassettes, and plain records with request and response."""

from claudemock_contracts.sources.problem import SourceError
from claudemock_contracts.sources.read import read_exchanges

__all__ = ["SourceError", "read_exchanges"]
