"""Server processes that are quick to start, for tests that kill many: `python -m tests.state.lives STATE`.

For each line it reads it forks workers as `claudemock serve --workers` has them, behind a new socket, and says where
they listen and which they are once they answer. The import, which is most of a start, is done once.
"""

import os
import sys
import threading
from functools import partial
from pathlib import Path

from claudemock.script.book import Script
from claudemock.serving import ServeSocket, base_url, listen
from claudemock.settings import Settings

WORKERS = 2


def answers(write: int) -> None:
    """This worker answers."""
    os.write(write, b".")


def end_with(life: int) -> None:
    """End when the process that forked this one has."""
    os.read(life, 1)
    os._exit(1)


def main(state: Path) -> None:
    """One life for each line; the next begins when all processes of the last one are dead."""
    life, held = os.pipe()
    serve = ServeSocket(Settings(state=state, workers=WORKERS), Script(), ())
    for _ in sys.stdin:
        sock = listen("127.0.0.1", 0)
        read, write = os.pipe()
        processes = []
        for _ in range(WORKERS):
            process = os.fork()
            if process == 0:
                os.close(held)
                threading.Thread(target=end_with, args=(life,), daemon=True).start()
                serve(sock, partial(answers, write))
            processes.append(process)
        url = base_url(sock)
        sock.close()
        for _ in processes:
            os.read(read, 1)
        sys.stdout.write(f"{url} {' '.join(map(str, processes))}\n")
        sys.stdout.flush()
        for process in processes:
            os.waitpid(process, 0)
        os.close(read)
        os.close(write)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
