"""The webhook, an extension: signed as the SDK expects it, delivered once, and never fatal."""

import json
import sys
from pathlib import Path

import pytest
from anthropic import Anthropic

from claudemock import cli
from claudemock.api import batch_watch
from claudemock.control.client import MockServer
from claudemock.serving import serve
from claudemock.store.sqlite import SqliteStore
from claudemock.webhook import DEFAULT_SECRET, Webhook, WebhookError
from tests.batches.bodies import create, poll
from tests.batches.receiver import receiving
from tests.meta.serving import serving
from tests.wire_client import send


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other at once."""
    monkeypatch.setattr(batch_watch, "_DELAYS", (0.0, 0.01, 0.01))


def test_a_batch_ends_and_is_told_although_nobody_polls() -> None:
    """The SDK's own check of the signature accepts it."""
    with receiving() as receiver, serve(batch_webhook=receiver.url) as server:
        batch = create(server, 70)
        headers, body = receiver.next()
        with Anthropic(base_url=server.base_url, api_key="x") as client:
            event = client.beta.webhooks.unwrap(body.decode(), headers=headers, key=DEFAULT_SECRET)
        assert event.id == headers["webhook-id"]
        assert event.type == "event"
        data = json.loads(body)["data"]
        assert (data["type"], data["id"]) == ("message_batch.ended", batch["id"])
        assert data["request_counts"]["succeeded"] == 70
        assert poll(server, batch["id"])["processing_status"] == "ended"
        assert receiver.came.empty()


def test_a_scripted_duration_holds() -> None:
    """It is told when the clock says so."""
    with receiving() as receiver, serve(batch_webhook=receiver.url, batch_webhook_secret="whsec_c2VjcmV0") as server:
        server.clock.freeze()
        server.batches.script(duration=3600)
        slow = create(server, 1)
        fast = create(server, 1)
        assert json.loads(receiver.next()[1])["data"]["id"] == fast["id"]
        assert receiver.came.empty()
        server.clock.advance(3600)
        headers, body = receiver.next()
        assert json.loads(body)["data"]["id"] == slow["id"]
        with Anthropic(base_url=server.base_url, api_key="x", webhook_key="whsec_c2VjcmV0") as client:
            client.beta.webhooks.unwrap(body.decode(), headers=headers)


@pytest.mark.parametrize("status", [302, 500])
def test_a_failed_delivery_is_tried_again_at_the_same_place(status: int) -> None:
    """Redirects are failures: nothing but the given URL is ever asked."""
    with receiving(status) as receiver, serve(batch_webhook=receiver.url) as server:
        create(server, 1)
        first, second = receiver.next(), receiver.next()
        assert first[1] == second[1]
        assert first[0]["webhook-id"] == second[0]["webhook-id"]


def test_a_receiver_that_is_not_there_does_no_harm(capfd: pytest.CaptureFixture[str]) -> None:
    """It is said on the error output, and that is all."""
    with receiving() as receiver:
        url = receiver.url
    with serve(batch_webhook=url) as server:
        batch = create(server, 1)
        assert poll(server, batch["id"])["processing_status"] == "ended"
        said = ""
        for _ in range(2000):
            said += capfd.readouterr().err
            if "given up" in said:
                break
            server.call("GET", "health")
        assert "claudemock: batch webhook given up after 3 attempts: " + url in said
        assert poll(server, batch["id"])["processing_status"] == "ended"


@pytest.mark.parametrize(
    "url, secret, message",
    [
        ("ftp://example.com/", None, "takes an http or https URL"),
        ("example.com/hook", None, "takes an http or https URL"),
        ("http://example.com:port/", None, "is not a URL"),
        ("http://example.com/", "whsec_!", "whsec_ and base64"),
    ],
)
def test_what_cannot_be_used_is_refused_at_the_start(
    url: str, secret: str | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit status 1 and one sentence."""
    arguments = ["serve", "--port", "0", "--batch-webhook", url]
    assert cli.main(arguments + (["--batch-webhook-secret", secret] if secret else [])) == 1
    assert message in capsys.readouterr().err


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is needed for this alone, so it is optional."""
    monkeypatch.setitem(sys.modules, "standardwebhooks", None)
    with pytest.raises(WebhookError, match=r"pip install 'claudemock\[webhook\]'"):
        Webhook("http://127.0.0.1/")


def test_pending_news_are_delivered_by_one_worker(tmp_path: Path) -> None:
    """What was not delivered before a restart is delivered once after it, however many workers start."""
    store = SqliteStore(tmp_path / "state.db")
    for number in range(8):
        store.put("batch_news", "", f"whevt_{number}", json.dumps({"number": number}).encode())
    store.close()
    with receiving() as receiver:
        options = ("--state", str(tmp_path / "state.db"), "--workers", "3", "--batch-webhook", receiver.url)
        with serving(*options) as process:
            came = [receiver.next()[0]["webhook-id"] for _ in range(8)]
            batch = {"requests": [{"custom_id": "a", "params": {}}]}
            named = {send(MockServer(process.url), "POST", "/v1/messages/batches", batch).json["id"] for _ in range(3)}
            told = [json.loads(receiver.next()[1])["data"]["id"] for _ in range(3)]
        assert sorted(came) == [f"whevt_{number}" for number in range(8)]
        assert set(told) == named
        assert receiver.came.empty()
