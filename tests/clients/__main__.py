"""Other people's clients against the server: `python -m tests.clients [--only NAME]... [--upgrade] [--cache FOLDER]`.

Needs the package registries (only when something has to be installed), Node and npm for the JavaScript clients.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.clients.environments import Environment, default_cache
from tests.clients.lane import Outcome, run_client
from tests.clients.roster import CLIENTS
from tests.meta.serving import serving


def main(arguments: Sequence[str]) -> int:
    """Run the lane; returns 1 if a client failed."""
    names = [client.name for client in CLIENTS]
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help=f"one of {', '.join(names)}")
    parser.add_argument("--upgrade", action="store_true", help="install again even if that was done today")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where installations are kept")
    options = parser.parse_args(arguments)
    chosen = [client for client in CLIENTS if not options.only or client.name in options.only]
    say(f"{'client':<14} {'version':<10} {'result':<7} seconds")
    with serving() as server:
        outcomes = []
        for client in chosen:
            outcomes.append(
                run_client(Environment(client, options.cache / client.name), server, upgrade=options.upgrade)
            )
            say(row(outcomes[-1]))
        log = server.log.read_text(encoding="utf-8")
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        say(f"\n{outcome.name} {outcome.version}:")
        for line in outcome.notes:
            say(f"  {line}")
    if failed and log:
        say(f"\nthe server's own log:\n{log}")
    return 1 if failed else 0


def row(outcome: Outcome) -> str:
    """One line of the table."""
    verdict = "passed" if outcome.passed else "failed"
    return f"{outcome.name:<14} {outcome.version:<10} {verdict:<7} {outcome.seconds:7.1f}"


def say(line: str) -> None:
    """Print at once: installing takes minutes, and the table grows with it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


sys.exit(main(sys.argv[1:]))
