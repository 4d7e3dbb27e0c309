"""`claudemock serve`."""

import argparse
from pathlib import Path

from claudemock.cli.values import fail, port, state, whole


def add_serve(serve: argparse.ArgumentParser) -> None:
    """Its options, and what runs it."""
    _place_options(serve)
    _behaviour_options(serve)
    _webhook_options(serve)
    serve.set_defaults(run=_serve)


def _place_options(serve: argparse.ArgumentParser) -> None:
    """Where it listens and where it keeps its state."""
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    serve.add_argument("--port", type=port, default=8787, help="port to listen on; 0 picks a free one (default: 8787)")
    serve.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="a further Host that may use the control API"
    )
    serve.add_argument(
        "--state",
        type=state,
        default=None,
        metavar="memory|PATH.db",
        help="keep all state in this SQLite file, over restarts and for several workers (default: memory)",
    )
    serve.add_argument(
        "--workers",
        type=whole,
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
        help="current refuses retired ids as the API does; known serves all the catalogue has, and recordings that "
        "lost their beta header; any serves every string",
    )
    serve.add_argument(
        "--checks",
        choices=("full", "wire"),
        default="full",
        help="wire keeps types and required fields but drops the semantic checks",
    )
    serve.add_argument(
        "--thinking-signatures",
        choices=("any", "own"),
        default="any",
        help="own refuses thinking blocks that this server did not sign (default: any, as recordings have others)",
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
        "--cache-minimum-tokens", type=whole, metavar="N", help="fewest tokens to cache, instead of each model's own"
    )
    serve.add_argument(
        "--cache-key-includes-betas",
        action="store_true",
        help="requests with different anthropic-beta headers share no cache (undocumented; default: they do)",
    )
    serve.add_argument(
        "--no-padding", dest="padding", action="store_false", help="streams without their random white space"
    )


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


def _serve(options: argparse.Namespace) -> int:
    from claudemock.script.spec import ScriptError
    from claudemock.serving import PortTakenError, load, run
    from claudemock.settings import Settings
    from claudemock.store.base import StoreError
    from claudemock.webhook import WebhookError

    if options.workers < 1 or (options.workers > 1 and options.state is None):
        return fail("--workers takes a number from 1, and above 1 needs a file to share: --state PATH.db", 2)
    settings = Settings(
        host=options.host,
        port=options.port,
        allow_hosts=tuple(options.allow_host),
        seed=options.seed,
        models=options.models,
        checks=options.checks,
        thinking_signatures=options.thinking_signatures,
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
        return fail(str(error))
    except PortTakenError as error:
        free = ", or --port 0 for a free one" if error.wrong == "port" else " of this machine"
        return fail(f"{error}. Choose another with --{error.wrong}{free}")
    return 0
