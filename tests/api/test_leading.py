"""A leading scope: clients made for another one, or for none, take part in it."""

import pytest

from claudemock.control.client import ControlError, MockServer
from claudemock.serving import serve
from tests.wire_client import ask


def test_requests_follow_the_leader() -> None:
    """`default` and earlier leaders belong to the one that leads; when none does, everybody is himself again."""
    with serve() as server:
        one, two, other = server.scope("one"), server.scope("two"), server.scope("other")
        server.call("POST", "lead", {"scope": "one"})
        server.reply("first")
        assert said(server) == "first"
        assert server.call("POST", "lead", {"scope": "two"}) == {"scope": "two", "last": "one", "exchanges": 1}
        for client in (server, one, two):
            two.reply("second")
            assert said(client) == "second"
        said(other)
        assert server.call("POST", "lead", {"scope": None})["exchanges"] == 3
        assert [len(each.exchanges) for each in (server, one, two, other)] == [0, 1, 3, 1]


def test_a_scope_can_be_forgotten_on_the_way() -> None:
    """Also one that led, whose name means another scope while that leads."""
    with serve() as server:
        server.call("POST", "lead", {"scope": "one"})
        said(server)
        answer = server.call("POST", "lead", {"scope": "two", "reset": "one"})
        assert answer == {"scope": "two", "last": "one", "exchanges": 1}
        server.call("POST", "lead", {"scope": "one"})
        assert len(server.scope("one").exchanges) == 0


@pytest.mark.parametrize("body", [None, {}, {"scope": "default"}, {"scope": ""}, {"scope": 1}, {"scope": "a", "x": 1}])
def test_what_cannot_lead_is_refused(server: MockServer, body: object) -> None:
    """With what would be right."""
    with pytest.raises(ControlError, match="lead: the body is"):
        server.call("POST", "lead", body)


def said(server: MockServer) -> str:
    """What the model says to a client of this scope."""
    return str(ask(server).json["content"][0]["text"])
