"""`python -m tests.batches.child STATE`: a server to be killed; prints its address once it answers."""

import sys
import time
from pathlib import Path

from tests.batches.lasting import serving

if __name__ == "__main__":
    with serving(Path(sys.argv[1])) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        time.sleep(60)
