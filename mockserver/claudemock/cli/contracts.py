"""`claudemock check | rules | drill`: the contract tests, loaded when they are asked for."""

import argparse
from pathlib import Path

from claudemock.cli.values import fail, seconds, whole


def add_check(check: argparse.ArgumentParser) -> None:
    """Its options, and what runs it."""
    _check_options(check)
    check.set_defaults(run=_check)


def add_rules(rules: argparse.ArgumentParser) -> None:
    """Its options, and what runs it."""
    rules.add_argument("rule", nargs="?", metavar="ID", help="an id (R02), a name (cache-prefix-drift) or a family")
    rules.set_defaults(run=_rules)


def add_drill(drill: argparse.ArgumentParser) -> None:
    """Its options, and what runs it."""
    _drill_options(drill)
    drill.set_defaults(run=_drill)


def _check_options(check: argparse.ArgumentParser) -> None:
    """What to judge, and what of it counts."""
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a journal, HAR or VCR file; .gz too")
    formats = ("text", "json", "jsonl", "junit", "sarif", "github", "html")
    check.add_argument("--format", choices=formats, default="text", help="(default: text)")
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


def _drill_options(drill: argparse.ArgumentParser) -> None:
    drill.add_argument(
        "--drill", action="append", default=[], metavar="NAME", help="only this one, or one of your own in a YAML file"
    )
    drill.add_argument(
        "--script", action="append", default=[], type=Path, metavar="FILE", help="replies, as for serve; see there"
    )
    drill.add_argument("--stdin", type=Path, metavar="FILE", help="what the program reads (default: nothing)")
    drill.add_argument("--timeout", type=seconds, metavar="SECONDS", help="of each run (default: the drill's own)")
    drill.add_argument("--jobs", type=whole, default=1, metavar="N", help="drills that run at once (default: 1)")
    times = drill.add_mutually_exclusive_group()
    times.add_argument(
        "--virtual-time", action="store_true", default=None, help="let Python programs sleep without waiting, always"
    )
    times.add_argument(
        "--real-time", dest="virtual_time", action="store_false", help="never (default: where clients back off)"
    )
    drill.add_argument("--json", type=Path, metavar="FILE", help="write all results as JSON")
    drill.add_argument("--junit", type=Path, metavar="FILE", help="write all results as JUnit XML")
    drill.add_argument("program", nargs="+", metavar="COMMAND", help="the program and its arguments, after --")


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
        return fail(str(error), status=2)
    print(text)
    return status


def _rules(options: argparse.Namespace) -> int:
    from claudemock_contracts.commands import CommandError, rules

    try:
        print(rules(options.rule))
    except CommandError as error:
        return fail(str(error), status=2)
    return 0


def _drill(options: argparse.Namespace) -> int:
    from claudemock.script.spec import ScriptError
    from claudemock_contracts.drills.plan import DrillError, load_drills
    from claudemock_contracts.drills.run import drill, to_stderr
    from claudemock_contracts.drills.session import Options

    try:
        asked = Options(
            command=options.program,
            drills=load_drills(options.drill),
            named=frozenset(Path(name).stem for name in options.drill),
            timeout=options.timeout,
            virtual_time=options.virtual_time,
            jobs=max(1, options.jobs),
            stdin=options.stdin,
            settings={"scripts": options.script},
        )
        return drill(asked, print, to_stderr, json=options.json, junit=options.junit)
    except (DrillError, ScriptError) as error:
        return fail(str(error), status=2)
