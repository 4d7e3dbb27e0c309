"""The command line."""

from claudemock.cli.main import main

__all__ = ["main"]
