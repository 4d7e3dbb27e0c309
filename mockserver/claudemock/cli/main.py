"""The command line: `claudemock serve | models | demo | check | rules | drill`."""

import argparse
import sys
from collections.abc import Sequence

from claudemock.cli.contracts import add_check, add_drill, add_rules
from claudemock.cli.serve import add_serve
from claudemock.version import package_version


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 for a failure, 2 for a wrong call."""
    options, unknown = _parser().parse_known_args(argv)
    if unknown:  # argparse itself would show how `claudemock` is used, not the command
        options.command.error(f"unrecognized arguments: {' '.join(unknown)}")
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
    for name, text, add in _COMMANDS:
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        command.set_defaults(command=command)
        add(command)
    return parser


def _add_models(models: argparse.ArgumentParser) -> None:
    models.add_argument("--json", action="store_true", help="all columns with their provenance, as JSON")
    models.set_defaults(run=_models)


def _add_demo(demo: argparse.ArgumentParser) -> None:
    demo.set_defaults(run=_demo)


_COMMANDS = (
    ("serve", "run the server until interrupted", add_serve),
    ("models", "show the catalogue", _add_models),
    ("demo", "run a correct and a faulty agent against a server, show the findings", _add_demo),
    ("check", "judge recorded traffic: journal, HAR or VCR files", add_check),
    ("rules", "list the contracts, or explain one", add_rules),
    ("drill", "run any program under each failure of the API", add_drill),
)


def _models(options: argparse.Namespace) -> int:
    from claudemock.catalog import Catalog
    from claudemock.models_table import render_models

    print(render_models(Catalog.load(), as_json=options.json))
    return 0


def _demo(options: argparse.Namespace) -> int:  # noqa: ARG001 - commands share one signature
    from claudemock.demo.run import demo

    return demo(print)
