"""The page at /_mock/: there, whole, and harmless."""

import re

from claudemock.control.client import MockServer
from tests.wire_client import send


def test_all_it_names_is_there(server: MockServer) -> None:
    """The page loads its own files and nothing from elsewhere."""
    page = send(server, "GET", "/_mock/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    names = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    assert names == ["page.css", "page.js"]
    assert [send(server, "GET", f"/_mock/{name}").status for name in names] == [200, 200]
    assert "http" not in page.body.decode()


def test_nothing_that_was_sent_becomes_markup(server: MockServer) -> None:
    """The policy allows no inline script, and the script never writes markup."""
    page, script = send(server, "GET", "/_mock/"), send(server, "GET", "/_mock/page.js").body.decode()
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert not re.search("innerHTML|outerHTML|insertAdjacentHTML|document.write|eval", script)


def test_it_is_for_this_machine_only(server: MockServer) -> None:
    """A foreign page cannot frame or fetch it through a name that resolves here."""
    assert send(server, "GET", "/_mock/", headers={"host": "evil.example"}).status == 403
