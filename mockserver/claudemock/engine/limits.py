"""Rate limits: token buckets, the `anthropic-ratelimit-*` headers, and the 429.

Without a tier (`RateLimits`) the headers are those of an account far from its limits and nothing is counted. With one
(`Limiter`) every number is real. Rules of the headers, all recorded: token values are multiples of 1,000 (nearest),
`tokens` is the sum of input and output in limit and remaining (9,082 of 9,082) and the earlier of both in reset (502 of
502), a reset is the second in which the bucket is full again (521 of 521 replies at 50 requests a minute), and a reply
shows what is left after its request.

Buckets count in whole parts: a limit of n a minute gives back exactly n parts of 1/60,000,000 in a microsecond. So a
refill is exact however often it is looked at, and no rounding ever admits more than capacity and refill allow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from claudemock.catalog import Model
from claudemock.clock import rfc3339
from claudemock.engine.tiers import Endpoint, Tier
from claudemock.held import BoundedDict, Held
from claudemock.wire.errors import ApiError

HeaderPairs = tuple[tuple[bytes, bytes], ...]
_REQUESTS, _INPUT, _OUTPUT = 4_000, 2_000_000, 400_000  # the commonest recorded account
_SECOND = 1_000_000  # microseconds
_ONE = 60 * _SECOND  # parts of one token or request
_ADVICE = (
    "For details, refer to: https://docs.claude.com/en/api/rate-limits. You can see the response headers for current "
    "usage. Please reduce the prompt length or the maximum tokens requested, or try again later. You may also contact "
    "sales at https://claude.com/contact-sales to discuss your options for a rate limit increase."
)


class RateLimits:
    """Makes the header block of an account without a tier; the last one made is kept: it changes once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._headers: HeaderPairs = ()

    def headers(self, now: float) -> HeaderPairs:
        """The twelve headers of a successful reply at `now`, in the API's order."""
        if int(now) != self._second:
            self._second = int(now)
            self._headers = _full(rfc3339(now).encode())
        return self._headers


class Bucket(NamedTuple):
    """A bucket's whole state: the parts it lacked at `at`, in microseconds since the epoch. Over its size: a debt."""

    missing: int
    at: int

    def refilled(self, limit: int, now: int) -> "Bucket":
        """The bucket at `now`, which is not before `at`, with a limit in units a minute."""
        return Bucket(max(0, self.missing - limit * (now - self.at)), now)


class Pool(NamedTuple):
    """One limit in force: its header group, its key in the store of buckets, its units a minute."""

    group: str
    key: str
    limit: int


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may run. `charged` input tokens are taken; `settle` corrects them and takes the output."""

    pools: tuple[Pool, ...]  # requests, input tokens, output tokens
    input_tokens: int
    charged: int
    counts_cache_reads: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A request over a limit. `retry_after`: whole seconds until it would pass; None: it never would."""

    limit: int
    unit: str  # as the message names it: `input tokens`
    model: str
    retry_after: int | None
    headers: HeaderPairs  # the groups concerned

    def error(self, organization: str) -> ApiError:
        """The 429. `organization` is the id that `anthropic-organization-id` shows."""
        headers = {name.decode(): value.decode() for name, value in self.headers}
        if self.retry_after is None:
            headers["x-should-retry"] = "false"
        else:
            headers["retry-after"] = str(self.retry_after)
        about = f"org: {organization}, model: {self.model}" if self.model else f"org: {organization}"
        message = f"This request would exceed your organization's rate limit of {self.limit:,} {self.unit} per minute"
        return ApiError(429, "rate_limit_error", f"{message} ({about}). {_ADVICE}", headers=headers)


class Limiter:
    """One scope's buckets, which are full at first. All times are seconds since the epoch on the scope's clock."""

    def __init__(self, tier: Tier, buckets: Held[Bucket] | None = None) -> None:
        self._tier = tier
        self._buckets = BoundedDict[Bucket]() if buckets is None else buckets

    def admit(
        self, model: Model, now: float, input_tokens: int, *, cached: int = 0, speed: str | None = None, workspace: str
    ) -> Admitted | Refused:
        """Take one request and its uncached input tokens, or refuse and take nothing.

        `input_tokens` is the whole prompt, `cached` the part known to be read from the cache. Output is taken by
        `settle`, as much as there really was; a request only needs the bucket not to be empty.
        """
        family = self._tier.family(model.id)
        charged = input_tokens if family.counts_cache_reads else max(0, input_tokens - cached)
        fast = speed == "fast" and model.fast_mode in ("beta", "ga")
        owner = f"{self._owner(workspace)}{family.name}/"
        kind, tokens = ("fast", family.fast) if fast else ("ratelimit", family.limit)
        pools = (
            Pool("ratelimit-requests", owner + "requests", family.limit.requests),
            Pool(f"{kind}-input-tokens", f"{owner}{kind}/input", tokens.input_tokens),
            Pool(f"{kind}-output-tokens", f"{owner}{kind}/output", tokens.output_tokens),
        )
        refused = self._refused(pools, (1, charged, 1), now, model.id)
        if refused is not None:
            return refused
        self._take(pools[0], 1, now)
        self._take(pools[1], charged, now)
        return Admitted(pools, input_tokens, charged, family.counts_cache_reads)

    def admit_request(self, endpoint: Endpoint, now: float, *, workspace: str, model: str = "") -> Refused | None:
        """Take one request of an endpoint that has only a requests limit, or refuse.

        Successful replies of these endpoints show no limits (0 of 130 recorded).
        """
        pool = Pool(
            "ratelimit-requests", f"{self._owner(workspace)}{endpoint}/requests", self._tier.endpoints[endpoint]
        )
        refused = self._refused((pool,), (1,), now, model)
        if refused is None:
            self._take(pool, 1, now)
        return refused

    def admit_batch(self, requests: int, queued: int) -> ApiError | None:
        """The refusal of a batch that would put more requests into the queue than the tier has room for.

        `queued` are the requests of batches that have not ended. The wording is unproven.
        """
        most = self._tier.queued_batch_requests
        if queued + requests <= most:
            return None
        message = (
            f"This request would exceed your organization's limit of {most:,} batch requests in the processing queue. "
            f"{queued:,} are queued. Please try again when batches have ended, or cancel some."
        )
        return ApiError(429, "rate_limit_error", message)

    def settle(self, admitted: Admitted, now: float, output_tokens: int, *, cached: int | None = None) -> None:
        """Take the real output, and correct the input once the tokens read from the cache are known.

        May leave a debt, as on the API: then requests are refused until it is paid. Called once for each admission.
        """
        self._take(admitted.pools[2], output_tokens, now)
        if cached is not None and not admitted.counts_cache_reads:
            self._take(admitted.pools[1], max(0, admitted.input_tokens - cached) - admitted.charged, now)

    def headers(self, admitted: Admitted, now: float) -> HeaderPairs:
        """The header block of a successful reply, in the API's order. For a stream it is asked for before `settle`."""
        requests, given, made = (self._row(pool, now) for pool in admitted.pools)
        rows = [given, made, requests]
        if given.group == "ratelimit-input-tokens":  # fast replies have no `tokens` group
            both = (given.limit + made.limit, given.remaining + made.remaining, min(given.reset, made.reset))
            rows.append(_Row("ratelimit-tokens", *both))
        return _pairs(rows)

    def _owner(self, workspace: str) -> str:
        return f"{workspace}/" if self._tier.per == "workspace" else ""

    def _bucket(self, pool: Pool, now: float) -> Bucket:
        at = _microseconds(now)
        found = self._buckets.get(pool.key)
        if found is None:
            return Bucket(0, at)
        if at < found.at:  # the clock was set back: nothing is refilled, and time goes on from here
            found = Bucket(found.missing, at)
            self._buckets.put(pool.key, found)
        return found.refilled(pool.limit, at)

    def _take(self, pool: Pool, units: int, now: float) -> None:
        bucket = self._bucket(pool, now)
        self._buckets.put(pool.key, Bucket(max(0, bucket.missing + units * _ONE), bucket.at))

    def _refused(self, pools: tuple[Pool, ...], wanted: tuple[int, ...], now: float, model: str) -> Refused | None:
        """None if every pool has what is wanted. Otherwise the message names the first that has not."""
        lacking = [
            (pool, units, excess)
            for pool, units in zip(pools, wanted, strict=True)
            if (excess := self._bucket(pool, now).missing + (units - pool.limit) * _ONE) > 0
        ]
        if not lacking:
            return None
        waits = [
            None if units > pool.limit else -(-excess // (pool.limit * _SECOND)) for pool, units, excess in lacking
        ]
        passing = [wait for wait in waits if wait is not None]
        first = lacking[0][0]
        shown = {pool.group: pool for pool in (*(pool for pool, *_ in lacking), pools[0])}
        return Refused(
            limit=first.limit,
            unit=_unit(first.group),
            model=model,
            retry_after=max(passing) if len(passing) == len(waits) else None,
            headers=_pairs([self._row(shown[group], now) for group in sorted(shown)]),
        )

    def _row(self, pool: Pool, now: float) -> "_Row":
        missing, at = self._bucket(pool, now)
        left = max(0, pool.limit * _ONE - missing) // _ONE
        if pool.group.endswith("tokens"):
            left = min(pool.limit, (left + 500) // 1000 * 1000)
        reset = (at + missing // pool.limit) // _SECOND if pool.limit else at // _SECOND
        return _Row(pool.group, pool.limit, left, reset)


class _Row(NamedTuple):
    """One group of headers; `reset` in whole seconds since the epoch."""

    group: str
    limit: int
    remaining: int
    reset: int


def _microseconds(now: float) -> int:
    return round(now * _SECOND)


def _unit(group: str) -> str:
    kind, _, name = group.partition("-")
    return ("fast mode " if kind == "fast" else "") + name.replace("-", " ")


def _pairs(rows: Sequence[_Row]) -> HeaderPairs:
    resets = {second: rfc3339(second).encode() for second in {row.reset for row in rows}}
    return tuple(
        (b"anthropic-%b-%b" % (row.group.encode(), part), value)
        for row in rows
        for part, value in (
            (b"limit", b"%d" % row.limit),
            (b"remaining", b"%d" % row.remaining),
            (b"reset", resets[row.reset]),
        )
    )


def _full(reset: bytes) -> HeaderPairs:
    groups = (
        (b"input-tokens", _INPUT, _INPUT),
        (b"output-tokens", _OUTPUT, _OUTPUT),
        (b"requests", _REQUESTS, _REQUESTS - 1),
        (b"tokens", _INPUT + _OUTPUT, _INPUT + _OUTPUT),
    )
    return tuple(
        (b"anthropic-ratelimit-%b-%b" % (name, part), value)
        for name, limit, remaining in groups
        for part, value in ((b"limit", b"%d" % limit), (b"remaining", b"%d" % remaining), (b"reset", reset))
    )
