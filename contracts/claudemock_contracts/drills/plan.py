"""A drill: what goes wrong while a command runs, and which reactions pass. Each is a data file in `fixtures/drills`."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from claudemock.fixtures import fixture

Verdict = Literal["survived", "failed cleanly", "gave a wrong answer", "hung", "crashed", "not exercised"]


class DrillError(ValueError):
    """A drill that cannot be run: an unknown name, or a file that says something wrong."""


class Drill(BaseModel):
    """One failure.

    `faults`, `replies` and `batches` are armed as the control API takes them. `parallel_tools`: the first two tool
    calls the command is known to get come at once, in one reply. `passes` lists the verdicts that pass;
    `attempts_at_most` bounds the attempts at any one call; `obeys_retry_after`: no attempt may come early. A command
    that ends well, with another output that matches `admits`, has failed cleanly: it says so. `seconds` is how long
    it may take at least; with `virtual_time` a Python command sleeps without waiting.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    title: str
    why: str
    faults: Sequence[dict[str, Any]] = ()
    replies: Sequence[dict[str, Any]] = ()
    batches: Sequence[dict[str, Any]] = ()
    parallel_tools: bool = False
    passes: list[Verdict]
    attempts_at_most: Annotated[int, Field(ge=1)] | None = None
    obeys_retry_after: bool = False
    admits: str | None = None
    virtual_time: bool = False
    seconds: Annotated[float, Field(gt=0)] = 60

    @property
    def longest_wait(self) -> float:
        """About how many seconds the failure alone takes in real time; infinite if that is up to the client."""
        return max(map(_waiting, self.faults), default=0.0)

    @field_validator("admits")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"{value!r} is not a regular expression: {error}") from None
        return value


def _waiting(fault: Mapping[str, Any]) -> float:
    if fault.get("fault") == "stall":
        return fault.get("seconds") or inf
    named = [fault.get(key) for key in ("seconds", "retry_after", "retry_after_date", "for_seconds")]
    return max((wait for wait in named if isinstance(wait, int | float)), default=0.0)


def load_drill(path: Path) -> Drill:
    """One drill; its name is the file's. Raises `DrillError` with the file and the place in it."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Drill.model_validate({**data, "name": path.stem})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise DrillError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise DrillError(f"{where}: not YAML: {getattr(error, 'problem', None) or error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DrillError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except TypeError:
        raise DrillError(f"{path}: a drill is an object with title, why, passes and what goes wrong") from None


def load_drills(names: Sequence[str] = ()) -> list[Drill]:
    """The drills called so, or a file's, in the order given; all of the shipped ones without names."""
    shipped = {path.stem: path for path in sorted(fixture("drills").glob("*.yaml"))}
    if not names:
        return [load_drill(path) for path in shipped.values()]
    missing = [name for name in names if name not in shipped and not name.endswith((".yaml", ".yml"))]
    if missing:
        near = get_close_matches(missing[0], shipped, n=1)
        meant = f"; did you mean {near[0]}?" if near else "."
        raise DrillError(f"no drill is called {missing[0]!r}{meant} Drills are {', '.join(shipped)}, or a YAML file")
    drills = [load_drill(shipped.get(name, Path(name))) for name in dict.fromkeys(names)]
    repeated = [name for name, count in Counter(drill.name for drill in drills).items() if count > 1]
    if repeated:
        raise DrillError(f"two drills are called {repeated[0]!r}; results go by the names of the files")
    return drills
