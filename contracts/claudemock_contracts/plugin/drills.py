"""Arming one drill for one test: by the name of a drill, or of a fault."""

from contextlib import ExitStack

import pytest

from claudemock.control.client import ControlError
from claudemock_contracts.drills.plan import DrillError, load_drills
from claudemock_contracts.plugin.claude import Claude
from claudemock_contracts.plugin.tools import ToolWatch


def arm_drill(claude: Claude, tools: ToolWatch, name: str, stack: ExitStack) -> None:
    """Arm it. Raises `pytest.UsageError` for a name that is neither."""
    try:
        (drill,) = load_drills([name])
    except DrillError as error:
        try:
            claude.fault(name)
        except ControlError as refused:
            said = str(refused).removeprefix("faults.0.fault: ")
            raise pytest.UsageError(f"claude_drill({name!r}): {error}\n{said}") from None
        return
    tools.late_first = drill.parallel_tools
    for fault in drill.faults:
        claude.fault(fault["fault"], **{key: value for key, value in fault.items() if key != "fault"})
    if drill.replies:
        claude.call("POST", "replies", {"replies": list(drill.replies)})
    for script in drill.batches:
        claude.batches.script(**script)
    if drill.virtual_time:
        stack.enter_context(claude.clock.virtual())
