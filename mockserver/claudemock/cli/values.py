"""What options may say, and how a command says that it failed."""

import argparse
import sys
from pathlib import Path


def port(text: str) -> int:
    """A TCP port."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")
    return int(text)


def whole(text: str) -> int:
    """A whole number from 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def seconds(text: str) -> float:
    """A time in seconds."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def state(text: str) -> Path | None:
    """Where state is kept: None for memory."""
    return None if text == "memory" else Path(text)


def fail(message: str, status: int = 1) -> int:
    """Say why on standard error; returns the exit status."""
    print(f"claudemock: {message}", file=sys.stderr)
    return status
