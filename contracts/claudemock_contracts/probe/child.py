"""The other process of a probe: `python -m claudemock_contracts.probe.child` runs one function, told on stdin."""

import importlib
import importlib.util
import json
import sys
from typing import Any

from claudemock_contracts.probe.circumstances import Circumstances


def main() -> None:
    """Import the function by its module, or else by its file, and call it."""
    told: dict[str, Any] = json.load(sys.stdin)
    sys.path[:] = told["path"]
    try:
        module = importlib.import_module(told["module"])
    except ImportError:
        spec = importlib.util.spec_from_file_location(told["module"], told["file"])
        if spec is None or spec.loader is None:
            raise
        module = importlib.util.module_from_spec(spec)
        sys.modules[told["module"]] = module
        spec.loader.exec_module(module)
    function: Any = module
    for name in told["name"].split("."):
        function = getattr(function, name)
    with Circumstances(folder=told["folder"]).hold():
        function()


if __name__ == "__main__":
    main()
