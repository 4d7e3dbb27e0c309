"""How batches run, as users write it (JSON, YAML, Python), and the book of what is still to be used.

BATCH = {duration?, errored?, expired?, canceled?, error?: {type?, message?}, order?, not_found?, match?: {workspace?},
         requests?: [{custom_id, result, error?}], times?: N | null}
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from claudemock.batches.plan import Failure, Plan
from claudemock.script.match import Pattern
from claudemock.script.spec import refused
from claudemock.store.base import Record, Store

_LONGEST = 10 * 365 * 86_400  # seconds
_KIND, _USED = "batch_script", "batch_script_used"
Amount = Annotated[float, Field(ge=0)]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class ErrorSpec(_Spec):
    """What an errored request is answered with."""

    type: Annotated[str, Field(min_length=1)] = "api_error"
    message: str = "Internal server error"


class RequestSpec(_Spec):
    """How the requests end whose `custom_id` fits a glob or a `re:` pattern."""

    custom_id: str
    result: Failure
    error: ErrorSpec | None = None

    @field_validator("custom_id")
    @classmethod
    def _compiles(cls, value: str) -> str:
        Pattern(value, anywhere=False)
        return value

    @model_validator(mode="after")
    def _only_errors_say_why(self) -> "RequestSpec":
        if self.error is not None and self.result != "errored":
            raise ValueError(f"error belongs to the result errored, not {self.result}")
        return self


class BatchMatch(_Spec):
    """Which batches a script is for."""

    workspace: str | None = None

    @field_validator("workspace")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            Pattern(value, anywhere=False)
        return value


class BatchSpec(_Spec):
    """One script of a batch. `errored`, `expired` and `canceled`: a whole number of requests, or a share below 1."""

    duration: Annotated[float, Field(ge=0, le=_LONGEST)] | None = None
    errored: Amount = 0
    expired: Amount = 0
    canceled: Amount = 0
    error: ErrorSpec | None = None
    requests: list[RequestSpec] = []
    order: Literal["shuffled", "requests", "reversed"] = "shuffled"
    not_found: Annotated[int, Field(ge=0, le=1000)] = 0
    match: BatchMatch | None = None
    times: Annotated[int, Field(ge=1)] | None = 1

    @field_validator("errored", "expired", "canceled")
    @classmethod
    def _whole_or_share(cls, value: float) -> float:
        if value >= 1 and value != int(value):
            raise ValueError("a whole number of requests, or a share of them below 1")
        return value

    def fits(self, workspace: str) -> bool:
        """Whether it is for a batch of this workspace."""
        wanted = self.match.workspace if self.match is not None else None
        return wanted is None or Pattern(wanted, anywhere=False)(workspace)

    def plan(self, name: str) -> Plan:
        """What a batch keeps of it; `name` is what the script is reported under."""
        return Plan(
            duration=self.duration,
            errored=self.errored,
            expired=self.expired,
            canceled=self.canceled,
            error=None if self.error is None else self.error.model_dump(),
            requests=[
                (each.custom_id, each.result, None if each.error is None else each.error.model_dump())
                for each in self.requests
            ],
            order=self.order,
            not_found=self.not_found,
            script=name,
        )


def parse_batch_script(data: Any, path: tuple[str | int, ...] = ()) -> BatchSpec:
    """A batch's script from JSON. Raises `ScriptError` with the place and the reason."""
    try:
        return BatchSpec.model_validate(data)
    except ValidationError as error:
        raise refused(error, BatchSpec, path) from None


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """One armed script and how often it may still be used (None: any number of times)."""

    id: str
    spec: BatchSpec
    left: int | None

    def to_json(self) -> dict[str, Any]:
        """The entry as the control API shows it."""
        return {"id": self.id, "batch": self.spec.model_dump(exclude_none=True, exclude_unset=True), "left": self.left}


class BatchBook:
    """The scripts of batches armed in one scope, in the store, over what the server's script files (`base`) say."""

    def __init__(self, base: Sequence[tuple[str, BatchSpec]], store: Store, scope: str) -> None:
        self._base = base
        self._store = store
        self._scope = scope

    def add(self, specs: Sequence[BatchSpec]) -> list[str]:
        """Arm scripts, which are used in this order; returns their ids."""
        ids = []
        with self._store.transaction():
            number = self._used("")
            for spec in specs:
                number += 1
                ids.append(f"batch_{number}")
                self._put(BatchEntry(ids[-1], spec, spec.times))
            self._store.put(_USED, self._scope, "", b"%d" % number)
        return ids

    def clear(self) -> None:
        """Back to what the script files say."""
        with self._store.transaction():
            self._store.clear(self._scope, _KIND)
            self._store.clear(self._scope, _USED)

    def __iter__(self) -> Iterator[BatchEntry]:
        """What is armed, in the order it is tried."""
        yield from map(_decoded, self._store.scan(_KIND, self._scope))
        for name, spec in self._base:
            yield BatchEntry(name, spec, None if spec.times is None else max(0, spec.times - self._used(name)))

    def take(self, workspace: str) -> Plan:
        """How the next batch of a workspace runs; without a script for it, as `Plan()` says.

        Called in a transaction.
        """
        for entry in self:
            if entry.left != 0 and entry.spec.fits(workspace):
                self._use(entry)
                return entry.spec.plan(entry.id)
        return Plan()

    def _use(self, entry: BatchEntry) -> None:
        if any(entry.id == name for name, _ in self._base):
            self._store.put(_USED, self._scope, entry.id, b"%d" % (self._used(entry.id) + 1))
        elif entry.left == 1:
            self._store.take(_KIND, self._scope, entry.id)
        elif entry.left is not None:
            self._put(BatchEntry(entry.id, entry.spec, entry.left - 1))

    def _put(self, entry: BatchEntry) -> None:
        kept = {"spec": entry.spec.model_dump(exclude_unset=True), "left": entry.left}
        self._store.put(_KIND, self._scope, entry.id, orjson.dumps(kept))

    def _used(self, name: str) -> int:
        found = self._store.get(_USED, self._scope, name)
        return 0 if found is None else int(found.value)


def _decoded(record: Record) -> BatchEntry:
    data = orjson.loads(record.value)
    return BatchEntry(record.key, BatchSpec.model_validate(data["spec"]), data["left"])
