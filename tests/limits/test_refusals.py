"""What a refused client sees: the API's words, only the headers concerned, and whether to come back."""

from dataclasses import replace

import pytest

from claudemock.catalog import Model
from claudemock.engine.limits import Admitted, Limiter, RateLimits, Refused
from claudemock.wire.errors import ApiError
from tests.limits.small import COUNTING, OPUS, OPUS_SISTER, ORGANIZATION, SONNET, TIER, named

NOW = 1_795_000_000.5
FAST = replace(OPUS, fast_mode="ga")


def admitted(limiter: Limiter, model: Model = OPUS, tokens: int = 10, *, at: float = NOW, speed: str = "") -> Admitted:
    """A request that must get through."""
    answer = limiter.admit(model, at, tokens, speed=speed or None, workspace="w")
    assert isinstance(answer, Admitted)
    return answer


def refusal(limiter: Limiter, model: Model = OPUS, tokens: int = 10, *, at: float = NOW, speed: str = "") -> ApiError:
    """A request that must not."""
    answer = limiter.admit(model, at, tokens, speed=speed or None, workspace="w")
    assert isinstance(answer, Refused)
    return answer.error(ORGANIZATION)


def test_input_tokens_in_the_words_of_the_api() -> None:
    """The message recorded in 2026, with requests and input tokens as the only header groups."""
    limiter = Limiter(TIER)
    admitted(limiter, tokens=29_000)
    error = refusal(limiter, tokens=2_000)
    assert (error.status, error.type) == (429, "rate_limit_error")
    assert error.message == (
        "This request would exceed your organization's rate limit of 30,000 input tokens per minute (org: "
        "ce669383-80a8-43c4-bbb1-fbfcc2e806e9, model: claude-opus-4-8). For details, refer to: "
        "https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. Please reduce "
        "the prompt length or the maximum tokens requested, or try again later. You may also contact sales at "
        "https://claude.com/contact-sales to discuss your options for a rate limit increase."
    )
    assert error.headers == {
        "anthropic-ratelimit-input-tokens-limit": "30000",
        "anthropic-ratelimit-input-tokens-remaining": "1000",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-18T11:07:38Z",
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2026-11-18T11:06:41Z",
        "retry-after": "2",
    }


def test_requests() -> None:
    """The fifty-first request of a burst waits for one to flow in: 1.2 seconds, so 2 whole ones."""
    limiter = Limiter(TIER)
    for _ in range(50):
        admitted(limiter)
    error = refusal(limiter)
    assert "rate limit of 50 requests per minute (org:" in error.message
    assert error.headers["retry-after"] == "2"
    assert error.headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert not any("tokens" in name for name in error.headers)
    admitted(limiter, at=NOW + 2)


def test_output_is_what_was_really_made() -> None:
    """No reservation by max_tokens: a request runs into debt, and the next ones wait until it is paid."""
    limiter = Limiter(TIER)
    limiter.settle(admitted(limiter), NOW, 8_400)
    error = refusal(limiter)
    assert "rate limit of 8,000 output tokens per minute" in error.message
    assert [name for name in error.headers if name.endswith("limit")] == [
        "anthropic-ratelimit-output-tokens-limit",
        "anthropic-ratelimit-requests-limit",
    ]
    assert error.headers["retry-after"] == "4"  # 401 tokens at 133.3 a second


def test_larger_than_the_limit_is_not_worth_a_retry() -> None:
    """Recorded: no retry-after, x-should-retry false, everything still there."""
    error = refusal(Limiter(TIER), tokens=30_001)
    assert "retry-after" not in error.headers
    assert error.headers["x-should-retry"] == "false"
    assert error.headers["anthropic-ratelimit-input-tokens-remaining"] == "30000"


def test_several_limits_at_once() -> None:
    """The longest wait counts, all groups concerned are shown, and the message names the first."""
    limiter = Limiter(TIER)
    running = [admitted(limiter, tokens=600) for _ in range(50)]
    limiter.settle(running[0], NOW, 9_000)
    error = refusal(limiter, tokens=1_000)
    assert "50 requests per minute" in error.message
    assert error.headers["retry-after"] == "8"  # requests 1.2 s, input 2 s, output 7.5 s
    assert [name.split("-")[2] for name in error.headers if name.endswith("limit")] == ["input", "output", "requests"]


def test_a_refusal_takes_nothing() -> None:
    """Knocking in vain does not make the wait longer."""
    limiter = Limiter(TIER)
    admitted(limiter, tokens=30_000)
    first = refusal(limiter, tokens=500)
    assert [refusal(limiter, tokens=500).headers for _ in range(60)] == [first.headers] * 60


def test_cache_reads_are_free() -> None:
    """A prompt read from the cache counts only what is new, whether known before or settled after."""
    limiter = Limiter(TIER)
    known = limiter.admit(OPUS, NOW, 900_000, cached=899_000, workspace="w")
    assert isinstance(known, Admitted)
    later = admitted(limiter, tokens=20_000)
    limiter.settle(later, NOW, 1, cached=18_000)
    assert named(limiter.headers(later, NOW))["ratelimit-input-tokens-remaining"] == "27000"


def test_what_is_given_back_does_not_overflow() -> None:
    """Tokens that turn out to be read from the cache after the bucket has filled up again are no extra credit."""
    limiter = Limiter(TIER)
    running = admitted(limiter, tokens=20_000)
    limiter.settle(running, NOW + 60, 1, cached=20_000)
    admitted(limiter, tokens=30_000, at=NOW + 60)
    refusal(limiter, tokens=1, at=NOW + 60)


def test_cache_reads_count_on_haiku_3_5() -> None:
    """The one family whose limit counts them."""
    limiter = Limiter(TIER)
    answer = limiter.admit(COUNTING, NOW, 6_000, cached=6_000, workspace="w")
    assert isinstance(answer, Admitted)
    limiter.settle(answer, NOW, 1, cached=6_000)
    assert named(limiter.headers(answer, NOW))["ratelimit-input-tokens-remaining"] == "1000"


def test_families_share_and_do_not_share() -> None:
    """Opus 4.7 and 4.8 draw on one bucket, Sonnet has its own."""
    limiter = Limiter(TIER)
    admitted(limiter, OPUS, 30_000)
    refusal(limiter, OPUS_SISTER)
    admitted(limiter, SONNET, 30_000)


@pytest.mark.parametrize("per, refused", [("organization", True), ("workspace", False)])
def test_who_shares(per: str, refused: bool) -> None:
    """Workspaces of an organization share its limits; where limits are per workspace they do not."""
    limiter = Limiter(replace(TIER, per="workspace") if per == "workspace" else TIER)
    for _ in range(50):
        limiter.admit(OPUS, NOW, 1, workspace="one")
    assert isinstance(limiter.admit(OPUS, NOW, 1, workspace="two"), Refused) == refused


def test_fast_mode_has_limits_of_its_own() -> None:
    """Its tokens do not touch the standard ones; its headers are named after it, as recorded; requests are shared."""
    tier = replace(TIER, families=TIER.families[2:])
    limiter = Limiter(tier)
    fast = admitted(limiter, FAST, 3_000, speed="fast")
    assert list(named(limiter.headers(fast, NOW)))[::3] == [
        "fast-input-tokens-limit",
        "fast-output-tokens-limit",
        "ratelimit-requests-limit",
    ]
    assert "rate limit of 3,000 fast mode input tokens per minute" in refusal(limiter, FAST, speed="fast").message
    standard = named(limiter.headers(admitted(limiter, FAST, 1), NOW))
    assert standard["ratelimit-input-tokens-remaining"] == "30000"
    assert standard["ratelimit-requests-remaining"] == "48"


def test_without_fast_access_the_limit_is_zero() -> None:
    """The message accounts without fast access get, and no invitation to try again."""
    error = refusal(Limiter(replace(TIER, families=(replace(TIER.families[0], fast=_NO_ACCESS),))), FAST, speed="fast")
    assert "rate limit of 0 fast mode input tokens per minute" in error.message
    assert error.headers["x-should-retry"] == "false"
    assert error.headers["anthropic-fast-input-tokens-limit"] == "0"


_NO_ACCESS = replace(TIER.families[0].fast, input_tokens=0, output_tokens=0)


def test_fast_ignored_is_standard() -> None:
    """A model that ignores `speed` uses its standard limits."""
    limiter = Limiter(TIER)
    plain = admitted(limiter, replace(OPUS, fast_mode="ignored"), speed="fast")
    assert "ratelimit-tokens-limit" in named(limiter.headers(plain, NOW))


def test_endpoints_have_their_own_requests() -> None:
    """Counting tokens is limited by itself, with the requests group only, and messages still pass."""
    limiter = Limiter(TIER)
    answers = [limiter.admit_request("files", NOW, workspace="w") for _ in range(3)]
    assert answers[:2] == [None, None]
    assert answers[2] is not None
    error = answers[2].error(ORGANIZATION)
    assert f"rate limit of 2 requests per minute (org: {ORGANIZATION})." in error.message
    assert list(error.headers)[::3] == ["anthropic-ratelimit-requests-limit", "retry-after"]
    assert limiter.admit_request("count_tokens", NOW, workspace="w", model="m") is None
    admitted(limiter)


def test_headers_of_a_reply() -> None:
    """Order, the sum in `tokens`, nearest thousands, and resets to the second, by hand."""
    limiter = Limiter(TIER)
    first = admitted(limiter, tokens=1_600)
    limiter.settle(first, NOW, 968)
    assert limiter.headers(first, NOW) == (
        (b"anthropic-ratelimit-input-tokens-limit", b"30000"),
        (b"anthropic-ratelimit-input-tokens-remaining", b"28000"),
        (b"anthropic-ratelimit-input-tokens-reset", b"2026-11-18T11:06:43Z"),  # 3.2 s later
        (b"anthropic-ratelimit-output-tokens-limit", b"8000"),
        (b"anthropic-ratelimit-output-tokens-remaining", b"7000"),
        (b"anthropic-ratelimit-output-tokens-reset", b"2026-11-18T11:06:47Z"),  # 7.26 s later
        (b"anthropic-ratelimit-requests-limit", b"50"),
        (b"anthropic-ratelimit-requests-remaining", b"49"),
        (b"anthropic-ratelimit-requests-reset", b"2026-11-18T11:06:41Z"),
        (b"anthropic-ratelimit-tokens-limit", b"38000"),
        (b"anthropic-ratelimit-tokens-remaining", b"35000"),
        (b"anthropic-ratelimit-tokens-reset", b"2026-11-18T11:06:43Z"),
    )


def test_without_a_tier_the_same_names_in_the_same_order() -> None:
    """A client sees no difference in shape between limits that are counted and limits that are not."""
    limiter = Limiter(TIER)
    counted = [name for name, _ in limiter.headers(admitted(limiter), NOW)]
    assert [name for name, _ in RateLimits().headers(NOW)] == counted
