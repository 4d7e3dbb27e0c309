"""Runs sample programs in processes that have imported the SDK already, which by itself takes a second of a CPU.

`python forking.py SOCKET` imports it and waits; `python forking.py SOCKET PROGRAM` is the command under test: it hands
its environment and its outputs to a child forked there, ends as that child ends, and takes it along when it is killed.
"""

import array
import json
import os
import runpy
import select
import signal
import socket
import sys
from pathlib import Path

SOME = 65_536


def main() -> int:
    """Wait for programs, or be one."""
    path, *program = sys.argv[1:]
    return ask(path, program[0]) if program else serve(path)


def ask(path: str, program: str) -> int:
    """Have a program run, and end like it."""
    with socket.socket(socket.AF_UNIX) as conn:
        conn.connect(path)
        asked = json.dumps({"program": program, "environment": dict(os.environ)}).encode()
        outputs = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [1, 2]))]
        conn.sendmsg([b"%8d" % len(asked)], outputs)
        conn.sendall(asked)
        status = int(conn.recv(SOME))
    if status < 0:
        os.kill(os.getpid(), -status)
    return status


def serve(path: str) -> int:
    """Fork for every connection; a parent that closes our standard input ends it."""
    import anthropic

    client = anthropic.Anthropic(api_key="x")
    assert client.messages.batches is not None  # loads the resources, which the SDK puts off
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(64)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            ready, _, _ = select.select([listening, sys.stdin], [], [])
            if sys.stdin in ready:
                return 0
            conn, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                supervise(conn)
            conn.close()


def supervise(conn: socket.socket) -> None:
    """Run one program in a process group of its own; ends with whoever asked for it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, ancillary, _, _ = conn.recvmsg(8, socket.CMSG_SPACE(8))
    outputs = array.array("i", ancillary[0][2])
    asked = b""
    while len(asked) < int(size):
        asked += conn.recv(SOME)
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        for number, output in enumerate(outputs, 1):
            os.dup2(output, number)
        run(**json.loads(asked))
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            conn.sendall(str(os.waitstatus_to_exitcode(status)).encode())
            os._exit(0)
        if select.select([conn], [], [], 0.01)[0]:  # nothing is ever sent: it is gone
            os.killpg(pid, signal.SIGKILL)
            os._exit(0)


def run(program: str, environment: dict[str, str]) -> None:
    """The program, as Python would run it."""
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = str(Path(program).parent)
    sys.argv = [program]
    status = 1
    try:
        if "CLAUDEMOCK_VIRTUAL_TIME" in environment:
            first = environment["PYTHONPATH"].split(os.pathsep)[0]
            runpy.run_path(str(Path(first) / "sitecustomize.py"))
        runpy.run_path(program, run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - printed as Python does
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
