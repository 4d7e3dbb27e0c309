"""When a response begins: what it wrote to the cache can be read from then on, and not before."""

from http.client import RemoteDisconnected

import pytest

from claudemock.control.client import MockServer
from tests.state.servers import cached
from tests.wire_client import ask


def test_a_paced_reply_takes_its_time_in_one_piece_too(server: MockServer) -> None:
    """The first token's delay and the tokens' own time pass on the clock before the JSON is there."""
    server.clock.freeze()
    server.clock.set("2026-11-01T00:00:00Z")
    server.reply("Four.", pacing={"first_token_ms": 2000, "tokens_per_second": 1}, times=2)
    tokens = ask(server).json["usage"]["output_tokens"]
    assert server.clock.now == f"2026-11-01T00:00:{2 + tokens:02}.000000Z"


def test_a_response_that_never_began_left_nothing(server: MockServer) -> None:
    """What a request was going to write is not in the cache if its client never got an answer."""
    server.fault("close_before_response")
    with pytest.raises(RemoteDisconnected):
        cached(server)
    written, again = (cached(server).json["usage"] for _ in range(2))
    assert (written["cache_read_input_tokens"], again["cache_creation_input_tokens"]) == (0, 0)
    assert again["cache_read_input_tokens"] == written["cache_creation_input_tokens"] > 0
