"""How fast the server is, as ratios to a floor measured in the same run: `python -m tests.bench [--json FILE]`.

Loads this machine's loopback for about half a minute; needs wrk.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.bench import cases, large_files, measures, plugin
from tests.bench.load import SERVER_CORE, MissingWrkError, Wrk, find_wrk, pinned
from tests.bench.report import Comparison, Single, Target, missed, table
from tests.meta.serving import ServerProcess, started
from tests.meta.sources import ROOT

ROUNDS = 5
SECONDS = 1
WHOLE = Target(">=", 0.45)
STREAM = Target(">=", 1.5)
AGENT = Target(">=", 0.35)
GROWING = Target(">=", 0.5)
START = Target("<", 0.5)
MEMORY = Target("<", 80)
BYTE_COST = Target("<=", 3)


def throughput(wrk: Wrk, server: ServerProcess, floor: ServerProcess) -> Iterator[Comparison]:
    """Both servers in turn, so that a busy moment of the machine meets both; whole and streamed, few and many.

    The server knows a request it accepted a moment ago; where each is new it has to read them all, which is shown for
    scale: the floor reads none.
    """
    known, loads = ((1, False), (32, False)), ((1, False), (32, False), (32, True))
    for kind, path, target, body, kinds in (
        ("whole", "/v1/messages", WHOLE, cases.request(), loads),
        ("stream", "/stream", STREAM, cases.request(stream=True), loads),
        ("caching, tools", "/v1/messages", AGENT, cases.agent_request(), known),
    ):
        for connections, new in kinds:
            rounds = [
                (
                    wrk.run(server, "/v1/messages", body, connections, SECONDS, new=new),
                    wrk.run(floor, path, body, connections, SECONDS, new=new),
                )
                for _ in range(ROUNDS)
            ]
            ours, others = zip(*rounds, strict=True)
            label = f"{kind}, {connections} connections"
            if new:
                yield Comparison(f"{label}, each new", None, ours, others)
            else:
                yield Comparison(label, target, ours, others)


def growing(server: ServerProcess, floor: ServerProcess) -> Comparison:
    """A conversation of 500 kB that goes on, its cache marker moving, beside a route that only parses the same JSON."""
    rounds = [
        (measures.agent_loads(server, "/v1/messages", seed), measures.agent_loads(floor, "/parsed", seed))
        for seed in range(ROUNDS + 1)
    ]
    ours, others = zip(*rounds[1:], strict=True)  # in the first, the floor's memory grows and ours is built
    return Comparison("500 kB, growing", GROWING, ours, others)


def alone(server: ServerProcess) -> Iterator[Single]:
    """What needs no load: conversations, threads, files."""
    small, large, ratio = measures.conversation_milliseconds(server)
    yield Single("2 kB request, ms", small)
    yield Single("2 MB conversation of 200 turns, ms", large)
    yield Single("a byte of the conversation / a byte of the small request", ratio, BYTE_COST)
    counted = measures.threads_and_files(server.process.pid)
    if counted is not None:
        yield Single("threads", counted[0])
        yield Single("open files", counted[1])


def run(wrk: Wrk) -> list[Comparison | Single]:
    """Everything, quiet measures before loud ones."""
    results: list[Comparison | Single] = [Single("start to first answer, s", measures.seconds_to_first_answer(), START)]
    with measures.ours() as server, tempfile.TemporaryDirectory() as folder:
        body, events = Path(folder) / "body.json", Path(folder) / "events.txt"
        body.write_bytes(measures.post(server.url, "/v1/messages", cases.request()))
        events.write_bytes(measures.post(server.url, "/v1/messages", cases.request(stream=True)))
        process = server.process.pid
        results.append(Single("idle memory, MB", measures.resident_megabytes(process), MEMORY))
        results.append(Single("events of the stream", events.read_bytes().count(b"\n\n")))
        command = pinned(SERVER_CORE, [sys.executable, "-m", "tests.bench.floor", str(body), str(events)])
        with started(command, cwd=ROOT) as floor:
            results.append(growing(server, floor))
            results += throughput(wrk, server, floor)
        results += alone(server)
        results.append(Single("memory after the load, MB", measures.resident_megabytes(process)))
    return results


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; returns 1 if a target was missed, 2 if it could not run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    alone = parser.add_mutually_exclusive_group()
    alone.add_argument("--files", action="store_true", help="only the 500 MB file, which needs no wrk")
    alone.add_argument("--plugin", action="store_true", help="only what the pytest plugin costs, which needs no wrk")
    options = parser.parse_args(arguments)
    results: Sequence[Comparison | Single]
    try:
        small = plugin.rows() if options.plugin else large_files.rows() if options.files else None
        results = run(find_wrk()) if small is None else list(small)
    except MissingWrkError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join([*table(results), ""]))
    if options.json:
        numbers = [result.numbers() if isinstance(result, Comparison) else asdict(result) for result in results]
        options.json.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    return int(bool(missed(results)))


sys.exit(main(sys.argv[1:]))
