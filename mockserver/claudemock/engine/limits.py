"""The `anthropic-ratelimit-*` headers of an account that is far from its limits.

Values and rules are recorded: tokens-limit is the sum of input and output limits (9,082 of 9,082), token values are
multiples of 1,000, requests-remaining is the limit less this request, and a full bucket resets at the request's time.
"""

from claudemock.clock import rfc3339

_REQUESTS, _INPUT, _OUTPUT = 4_000, 2_000_000, 400_000  # the commonest recorded account


class RateLimits:
    """Makes the header block; the last one made is kept, since it changes once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._headers: tuple[tuple[bytes, bytes], ...] = ()

    def headers(self, now: float) -> tuple[tuple[bytes, bytes], ...]:
        """The twelve headers of a successful reply at `now`, in the API's order."""
        if int(now) != self._second:
            self._second = int(now)
            self._headers = _full(rfc3339(now).encode())
        return self._headers


def _full(reset: bytes) -> tuple[tuple[bytes, bytes], ...]:
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
