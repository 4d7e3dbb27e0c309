"""The command line: `claudemock serve | models | demo | check | rules | drill`."""

import argparse
import sys
from collections.abc import Sequence

from claudemock.cli.contracts import add_check, add_drill, add_rules
from claudemock.cli.serve import add_serve
from claudemock.version import package_version


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 for a failure, 2 for a wrong call."""
    options = _parser().parse_args(argv)
    try:
        status: int = options.run(options)
        return status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="claudemock", description="An offline, faithful mock of the Claude API.")
    parser.add_argument("--version", action="version", version=f"claudemock {package_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_serve(commands.add_parser("serve", help="run the server until interrupted"))
    models = commands.add_parser("models", help="show the catalogue")
    models.add_argument("--json", action="store_true", help="all columns with their provenance, as JSON")
    models.set_defaults(run=_models)
    demo = commands.add_parser("demo", help="run a correct and a faulty agent against a server, show the findings")
    demo.set_defaults(run=_demo)
    add_check(commands.add_parser("check", help="judge recorded traffic: journal, HAR or VCR files"))
    add_rules(commands.add_parser("rules", help="list the contracts, or explain one"))
    add_drill(commands.add_parser("drill", help="run any program under each failure of the API"))
    return parser


def _models(options: argparse.Namespace) -> int:
    from claudemock.catalog import Catalog
    from claudemock.models_table import render_models

    print(render_models(Catalog.load(), as_json=options.json))
    return 0


def _demo(options: argparse.Namespace) -> int:  # noqa: ARG001 - commands share one signature
    from claudemock.demo.run import demo

    return demo(print)
