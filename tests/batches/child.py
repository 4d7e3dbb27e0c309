"""`python -m tests.batches.child STATE`: a server of its own process, to be killed; says when it is ready."""

import signal
import sys
from pathlib import Path

from tests.batches.lasting import serving
from tests.meta.serving import READY

if __name__ == "__main__":
    with serving(Path(sys.argv[1])) as server:
        sys.stdout.write(f"{READY}{server.base_url}\n")
        sys.stdout.flush()
        signal.pause()
