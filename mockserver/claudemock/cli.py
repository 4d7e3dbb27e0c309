"""The command line: `claudemock serve | models | demo | check | rules`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from claudemock.version import package_version


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 for a failure, 2 for a wrong call."""
    parser = _parser()
    options = parser.parse_args(argv)
    commands = {"serve": _serve, "models": _models, "demo": _demo, "check": _check, "rules": _rules}
    try:
        return commands[options.command](options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="claudemock", description="An offline, faithful mock of the Claude API.")
    parser.add_argument("--version", action="version", version=f"claudemock {package_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the server until interrupted")
    _place_options(serve)
    _behaviour_options(serve)
    _webhook_options(serve)
    models = commands.add_parser("models", help="show the catalogue")
    models.add_argument("--json", action="store_true", help="all columns with their provenance, as JSON")
    commands.add_parser("demo", help="start a server, run a small agent against it, show what went over the wire")
    _check_options(commands.add_parser("check", help="judge recorded traffic: journal, HAR or VCR files"))
    rules = commands.add_parser("rules", help="list the contracts, or explain one")
    rules.add_argument("rule", nargs="?", metavar="ID", help="an id (R02), a name (cache-prefix-drift) or a family")
    return parser


def _place_options(serve: argparse.ArgumentParser) -> None:
    """Where it listens and where it keeps its state."""
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    serve.add_argument("--port", type=_port, default=8787, help="port to listen on; 0 picks a free one (default: 8787)")
    serve.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="a further Host that may use the control API"
    )
    serve.add_argument(
        "--state",
        type=_state,
        default=None,
        metavar="memory|PATH.db",
        help="keep all state in this SQLite file, over restarts and for several workers (default: memory)",
    )
    serve.add_argument(
        "--workers",
        type=_whole,
        default=1,
        metavar="N",
        help="processes that serve and share a --state file (default: 1)",
    )


def _behaviour_options(serve: argparse.ArgumentParser) -> None:
    """What it answers."""
    serve.add_argument("--seed", type=int, default=0, help="seed of ids and of all that varies (default: 0)")
    serve.add_argument(
        "--script",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="replies in YAML or JSON; may be given again",
    )
    serve.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="FAULT",
        help='a fault armed from the start: "overloaded times=2", "cut after_event=3"; may be given again',
    )
    serve.add_argument(
        "--models",
        choices=("current", "known", "any"),
        default="current",
        help="current refuses retired ids as the API does, known serves all the catalogue has, any serves every string",
    )
    serve.add_argument(
        "--checks",
        choices=("full", "wire"),
        default="full",
        help="wire keeps types and required fields but drops the semantic checks",
    )
    serve.add_argument(
        "--tier",
        choices=("off", "start", "build", "scale"),
        default="off",
        help="hold clients to the rate limits of this usage tier (default: off)",
    )
    serve.add_argument(
        "--cache-scope",
        choices=("workspace", "organization"),
        default="workspace",
        help="who shares a prompt cache (default: a workspace, as on the API since 2026-02-05)",
    )
    serve.add_argument(
        "--cache-minimum-tokens", type=_whole, metavar="N", help="fewest tokens to cache, instead of each model's own"
    )
    serve.add_argument(
        "--cache-key-includes-betas",
        action="store_true",
        help="requests with different anthropic-beta headers share no cache (undocumented; default: they do)",
    )
    serve.add_argument(
        "--no-padding", dest="padding", action="store_false", help="streams without their random white space"
    )


def _check_options(check: argparse.ArgumentParser) -> None:
    """What to judge, and what of it counts."""
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a journal, HAR or VCR file; .gz too")
    check.add_argument("--format", choices=("text", "json", "jsonl"), default="text", help="(default: text)")
    check.add_argument("--select", action="append", default=[], metavar="RULE", help="only this rule or family")
    check.add_argument("--ignore", action="append", default=[], metavar="RULE", help="not this rule or family")
    check.add_argument(
        "--severity", action="append", default=[], metavar="RULE=LEVEL", help="error, warning, note or off"
    )
    check.add_argument("--allow", action="append", default=[], metavar="RULE=REASON", help="findings meant to be")
    check.add_argument("--baseline", type=Path, metavar="FILE", help="findings listed there do not count")
    check.add_argument("--write-baseline", type=Path, metavar="FILE", help="list today's findings there")
    check.add_argument("--real-time", action="store_true", help="the times are those of real use, so pauses count")
    check.add_argument("--strict", action="store_true", help="warnings fail too")
    check.add_argument("--all", action="store_true", help="every place of every finding, not the first three")


def _webhook_options(serve: argparse.ArgumentParser) -> None:
    """Whom it tells."""
    serve.add_argument(
        "--batch-webhook",
        metavar="URL",
        help="tell URL when a batch has ended (an extension: the API has no such webhook; needs claudemock[webhook])",
    )
    serve.add_argument(
        "--batch-webhook-secret", metavar="whsec_…", help="what these requests are signed with (default: a fixed one)"
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")
    return int(text)


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _state(text: str) -> Path | None:
    return None if text == "memory" else Path(text)


def _serve(options: argparse.Namespace) -> int:
    from claudemock.script.spec import ScriptError
    from claudemock.serving import PortTakenError, load, run
    from claudemock.settings import Settings
    from claudemock.store.base import StoreError
    from claudemock.webhook import WebhookError

    if options.workers < 1 or (options.workers > 1 and options.state is None):
        return _fail("--workers takes a number from 1, and above 1 needs a file to share: --state PATH.db", 2)
    settings = Settings(
        host=options.host,
        port=options.port,
        allow_hosts=tuple(options.allow_host),
        seed=options.seed,
        models=options.models,
        checks=options.checks,
        tier=options.tier,
        cache_scope=options.cache_scope,
        cache_minimum_tokens=options.cache_minimum_tokens,
        cache_key_includes_betas=options.cache_key_includes_betas,
        padding=options.padding,
        state=options.state,
        workers=options.workers,
        batch_webhook=options.batch_webhook,
        batch_webhook_secret=options.batch_webhook_secret,
    )
    try:
        script, faults = load(options.script, options.fault)
        run(settings, script, lambda url: print(f"claudemock ready at {url}", flush=True), faults)
    except (ScriptError, StoreError, WebhookError) as error:
        return _fail(str(error))
    except PortTakenError as error:
        return _fail(f"{error}. Choose another with --port, or --port 0 for a free one")
    return 0


def _models(options: argparse.Namespace) -> int:
    from claudemock.catalog import Catalog
    from claudemock.models_table import render_models

    print(render_models(Catalog.load(), as_json=options.json))
    return 0


def _demo(options: argparse.Namespace) -> int:  # noqa: ARG001 - commands share one signature
    from claudemock.demo import demo

    return demo(print)


def _check(options: argparse.Namespace) -> int:
    from claudemock_contracts.commands import Check, CommandError, check

    try:
        asked = Check(
            files=options.files,
            format=options.format,
            select=options.select,
            ignore=options.ignore,
            severity=options.severity,
            allow=options.allow,
            baseline=options.baseline,
            write_baseline=options.write_baseline,
            real_time=options.real_time,
            strict=options.strict,
            everything=options.all,
        )
        text, status = check(asked)
    except CommandError as error:
        return _fail(str(error), status=2)
    print(text)
    return status


def _rules(options: argparse.Namespace) -> int:
    from claudemock_contracts.commands import CommandError, rules

    try:
        print(rules(options.rule))
    except CommandError as error:
        return _fail(str(error), status=2)
    return 0


def _fail(message: str, status: int = 1) -> int:
    print(f"claudemock: {message}", file=sys.stderr)
    return status
