"""Costs and rate limits as clients meet them: on the wire and through the control API."""

from collections.abc import Iterator

import anthropic
import pytest

from claudemock.control.client import MockServer
from claudemock.serving import serve

OPUS, FABLE = "claude-opus-4-8", "claude-fable-5-2"


@pytest.fixture
def limited() -> Iterator[MockServer]:
    """A server that holds clients to the smallest tier, its clock standing still."""
    with serve(tier="start") as server:
        server.clock.freeze()
        yield server


def ask(server: MockServer, model: str = OPUS, *, workspace: str | None = None, stream: bool = False) -> dict[str, str]:
    """One request; returns the headers of its answer. Raises what the SDK raises."""
    client = anthropic.Anthropic(base_url=server.base_url, api_key=server.key(workspace), max_retries=0)
    with (
        client,
        client.messages.with_streaming_response.create(
            model=model, max_tokens=100, messages=[{"role": "user", "content": "Hello"}], stream=stream
        ) as response,
    ):
        return {name.removeprefix("anthropic-ratelimit-"): value for name, value in response.headers.items()}


def test_headers_count(limited: MockServer) -> None:
    """Each reply shows what is left after it; a stream does not know its output yet."""
    limited.reply("Hi.", usage={"output_tokens": 2_000})
    assert ask(limited)["output-tokens-remaining"] == "398000"
    limited.reply("Hi.", usage={"output_tokens": 2_000})
    headers = ask(limited, stream=True)
    assert (headers["output-tokens-remaining"], headers["requests-remaining"]) == ("398000", "998")
    assert ask(limited)["output-tokens-remaining"] == "396000"


def test_over_the_limit_and_back(limited: MockServer) -> None:
    """The 429 says when to come back; the clock brings the client there without waiting, and no script is used up."""
    limited.reply("Hi.", usage={"output_tokens": 150_000})
    ask(limited, FABLE)
    limited.reply("Still here.")
    with pytest.raises(anthropic.RateLimitError, match="rate limit of 100,000 output tokens per minute") as caught:
        ask(limited, FABLE)
    assert caught.value.response.headers["x-should-retry"] == "true"
    seconds = int(caught.value.response.headers["retry-after"])
    limited.clock.advance(seconds - 1)
    with pytest.raises(anthropic.RateLimitError):
        ask(limited, FABLE)
    limited.clock.advance(1)
    ask(limited, FABLE)
    assert limited.exchanges.statuses == [200, 429, 429, 200]
    assert limited.call("GET", "replies")["replies"] == []


def test_scopes_have_limits_of_their_own(limited: MockServer) -> None:
    """One test cannot use up what another one has."""
    ask(limited)
    assert ask(limited.scope("other"))["requests-remaining"] == "999"


def test_costs(server: MockServer) -> None:
    """By hand: Opus 4.8 at 5 and 25 dollars a million tokens, two workspaces, one of them refused for free."""
    server.reply("Hi.", usage={"input_tokens": 1_000, "output_tokens": 100})
    ask(server, workspace="a")
    server.reply(content=[], stop_reason="refusal", usage={"input_tokens": 1_000, "output_tokens": 0})
    ask(server, workspace="b")
    costs = server.costs
    assert costs["total"]["dollars"]["total"] == 0.0075
    assert costs["by_model"].keys() == {OPUS}
    assert [costs["by_workspace"][name]["dollars"]["total"] for name in "ab"] == [0.0075, 0]
    assert server.call("GET", "exchanges")["exchanges"][0]["cost"]["total"] == 0.0075
    server.reset()
    assert server.costs["total"]["requests"] == 0
