"""`claudemock` and `python -m claudemock`."""

import sys

from claudemock.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
