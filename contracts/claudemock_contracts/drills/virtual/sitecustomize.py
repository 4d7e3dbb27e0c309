"""Switches virtual time on in a Python command that a drill runs: Python imports this file when it starts."""

import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path


def _switch_on(source: str, base_url: str) -> None:
    spec = importlib.util.spec_from_file_location("claudemock_virtual_time", source)
    if spec is None or spec.loader is None:
        raise ImportError(f"{source} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.VirtualTime(module.teller(base_url)).start()


def _run_the_next_one() -> None:
    """The sitecustomize that would have been found without this folder."""
    here = Path(__file__).resolve().parent
    others = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_run_the_next_one()
if "CLAUDEMOCK_VIRTUAL_TIME" in os.environ and "ANTHROPIC_BASE_URL" in os.environ:
    _switch_on(os.environ["CLAUDEMOCK_VIRTUAL_TIME"], os.environ["ANTHROPIC_BASE_URL"])
