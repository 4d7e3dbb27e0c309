"""The batch endpoints over HTTP: shapes, key order, errors and their wording."""

import gzip
import json
import socket
import time
from base64 import b64decode
from typing import Any
from urllib.parse import urlsplit

import pytest

from claudemock.api import batch_run
from claudemock.control.client import MockServer
from tests.batches.bodies import MODEL, PATH, counts, create, ends, lines, params, poll, requests, results
from tests.wire_client import HEADERS, send

KEYS = [
    *("id", "type", "processing_status", "request_counts", "ended_at", "created_at", "expires_at", "archived_at"),
    *("cancel_initiated_at", "results_url"),
]
DAY = 86_400


def test_a_new_batch_looks_as_recorded(server: MockServer) -> None:
    """Keys, their order, and times with microseconds and an offset."""
    server.clock.freeze()
    server.clock.set("2026-11-01T10:00:00.25Z")
    batch = create(server, 3)
    assert list(batch) == KEYS
    assert batch["id"].startswith("msgbatch_01")
    assert len(batch["id"]) == 33
    assert batch["request_counts"] == {"processing": 3, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    assert batch["created_at"] == "2026-11-01T10:00:00.250000+00:00"
    assert batch["expires_at"] == "2026-11-02T10:00:00.250000+00:00"
    assert [batch[key] for key in KEYS[-2:]] == [None, None]
    assert batch["processing_status"] == "in_progress"


def test_the_first_poll_ends_it(server: MockServer) -> None:
    """Counts move all at once, and the results have an address."""
    batch = poll(server, create(server, 3)["id"])
    assert (batch["processing_status"], counts(batch)) == ("ended", {"succeeded": 3})
    assert batch["results_url"] == f"{server.base_url}{PATH}/{batch['id']}/results"
    assert ends(results(server, batch["id"])) == {"r-0": "succeeded", "r-1": "succeeded", "r-2": "succeeded"}


def test_results_are_a_download_of_json_lines(server: MockServer) -> None:
    """The content type and disposition recorded in 2026."""
    batch = poll(server, create(server, 2)["id"])
    answer = send(server, "GET", f"{PATH}/{batch['id']}/results")
    assert answer.headers["content-type"] == "application/x-jsonl"
    assert answer.headers["content-disposition"] == f"attachment; filename*=utf-8''{batch['id']}_results.jsonl"
    assert all(list(row) == ["custom_id", "result"] for row in lines(answer))
    assert all(list(row["result"]) == ["type", "message"] for row in lines(answer))


def test_an_item_is_answered_as_messages_answers(server: MockServer) -> None:
    """The same words and tokens; the service tier is `batch`, and the price is half."""
    said = send(server, "POST", "/v1/messages", params("number 0")).json
    alone = server.costs["total"]["dollars"]["total"]
    batch = poll(server, create(server, 1)["id"])
    (row,) = results(server, batch["id"])
    message = row["result"]["message"]
    assert (message["content"], message["stop_reason"]) == (said["content"], said["stop_reason"])
    assert message["usage"] == said["usage"] | {"service_tier": "batch"}
    assert list(message) == list(said)
    assert server.costs["total"]["dollars"]["total"] == pytest.approx(alone * 1.5)


def test_prompt_caching_works_between_the_items(server: MockServer) -> None:
    """What the first one writes the others read, as far as it has begun before them."""
    cached = [{"type": "text", "text": "rule " * 6000, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    items = [{"custom_id": f"c-{n}", "params": params(f"question {n}", system=cached)} for n in range(3)]
    batch = poll(server, create(server, items)["id"])
    usage = {row["custom_id"]: row["result"]["message"]["usage"] for row in results(server, batch["id"])}
    written = usage["c-0"]["cache_creation_input_tokens"]
    assert written > 5000
    assert [usage[name]["cache_read_input_tokens"] for name in ("c-1", "c-2")] == [written, written]


@pytest.mark.parametrize(
    "items, message",
    [
        ([], "requests: List should have at least 1 item after validation, not 0"),
        ([{"params": {}}], "requests.0.custom_id: Field required"),
        (
            [{"custom_id": "a", "params": {}}, {"custom_id": "x" * 65, "params": {}}],
            "requests.1.custom_id: String should have at most 64 characters",
        ),
        (
            [{"custom_id": "a b", "params": {}}],
            "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
        ),
        (
            [{"custom_id": name, "params": {}} for name in ("a", "dup", "b", "dup")],
            "requests: custom_id's must be unique within a batch. Duplicate custom_id found: dup",
        ),
        (
            [*requests(40), {"custom_id": "x"}, {"params": {}}, *requests(40)],
            "requests.40.params: Field required",
        ),
        (["x"], "requests.0: Input should be a valid dictionary or object to extract fields from"),
        (
            [{"custom_id": f"{n}", "params": {}} for n in range(100_002)],
            "requests: List should have at most 100000 items after validation, not 100002",
        ),
    ],
    ids=["none", "no id", "long", "pattern", "duplicate", "later", "string", "too many"],
)
def test_a_bad_envelope_is_refused_at_once(server: MockServer, items: list[Any], message: str) -> None:
    """In the API's words, and nothing of it stays."""
    answer = send(server, "POST", PATH, {"requests": items})
    assert answer.error == (400, "invalid_request_error", message)
    assert list(server.batches) == []


def test_invalid_json_is_refused_in_the_parsers_words(server: MockServer) -> None:
    """The position is that in the whole body, however it arrived."""
    broken = json.dumps({"requests": requests(2000)}).encode()[:-2] + b", oops]}"
    status, kind, message = send(server, "POST", PATH, broken).error
    assert (status, kind) == (400, "invalid_request_error")
    assert message.startswith("The request body is not valid JSON: unexpected character")
    assert f"(char {len(broken) - 6})" in message


@pytest.mark.parametrize(
    "bad, kind, message",
    [
        ({"max_tokens": None}, "invalid_request_error", "max_tokens: Input should be a valid integer"),
        ({"max_tokens": 0}, "invalid_request_error", "max_tokens: must be greater than or equal to 1"),
        ({"model": "claude-does-not-exist-9"}, "not_found_error", "model: claude-does-not-exist-9"),
        (
            {"stream": True},
            "invalid_request_error",
            '"stream=True" is not supported in the Message Batches API',
        ),
        ({"speed": "fast"}, "invalid_request_error", "speed: Extra inputs are not permitted"),
    ],
)
def test_a_bad_item_is_its_own_result(server: MockServer, bad: dict[str, Any], kind: str, message: str) -> None:
    """Accepted at create, `errored` later, doubly nested (captured); the others are answered, and it costs nothing."""
    batch = create(server, [{"custom_id": "bad", "params": params(**bad)}, {"custom_id": "good", "params": params()}])
    assert counts(poll(server, batch["id"])) == {"succeeded": 1, "errored": 1}
    (row,) = [row for row in results(server, batch["id"]) if row["custom_id"] == "bad"]
    error = {"details": {"error_visibility": "user_facing"}, "type": kind, "message": message}
    assert row["result"] == {"type": "errored", "error": {"type": "error", "error": error, "request_id": None}}
    assert list(row["result"]["error"]) == ["type", "error", "request_id"]
    assert server.costs["total"]["requests"] == 1


def test_extended_output_needs_its_header(server: MockServer) -> None:
    """300,000 tokens of output, in batches only."""
    items = [{"custom_id": "long", "params": params(max_tokens=300_000)}]
    plain = poll(server, create(server, items)["id"])
    extended = poll(server, create(server, items, anthropic_beta="output-300k-2026-03-24")["id"])
    assert (counts(plain), counts(extended)) == ({"errored": 1}, {"succeeded": 1})


def test_the_old_header_is_accepted(server: MockServer) -> None:
    """The beta of 2024 changes nothing any more."""
    assert list(create(server, 1, anthropic_beta="message-batches-2024-09-24")) == KEYS


def test_unknown_batches_are_not_found(server: MockServer) -> None:
    """The same sentence for every call."""
    name = "msgbatch_01HbNGdyWSgqSVDBW5LVL1Vq"
    calls = [("GET", ""), ("GET", "/results"), ("POST", "/cancel"), ("DELETE", "")]
    found = [send(server, method, f"{PATH}/{name}{end}").error for method, end in calls]
    assert found == [(404, "not_found_error", f"Message Batch {name} not found.")] * 4


def test_results_before_the_end_are_not_available(server: MockServer) -> None:
    """Asking for them is no poll either."""
    batch = create(server, 1)
    error = (404, "not_found_error", f"Message Batch {batch['id']} has no available results.")
    assert [send(server, "GET", f"{PATH}/{batch['id']}/results").error for _ in range(2)] == [error] * 2


def test_cancelling(server: MockServer) -> None:
    """`canceling` with unchanged counts, then ended; a batch that has ended cannot be canceled."""
    batch = create(server, 2)
    canceling = send(server, "POST", f"{PATH}/{batch['id']}/cancel").json
    assert (canceling["processing_status"], counts(canceling)) == ("canceling", {"processing": 2})
    assert canceling["cancel_initiated_at"] is not None
    ended = poll(server, batch["id"])
    assert (ended["processing_status"], counts(ended)) == ("ended", {"canceled": 2})
    assert [row["result"] for row in results(server, batch["id"])] == [{"type": "canceled"}] * 2
    assert send(server, "POST", f"{PATH}/{batch['id']}/cancel").status == 400


def test_only_what_has_ended_can_be_deleted(server: MockServer) -> None:
    """Then batch and results are gone."""
    batch = create(server, 1)
    refused = "In progress batches cannot be deleted. Consider canceling the batch instead."
    assert send(server, "DELETE", f"{PATH}/{batch['id']}").error == (400, "invalid_request_error", refused)
    poll(server, batch["id"])
    gone = send(server, "DELETE", f"{PATH}/{batch['id']}")
    assert (gone.status, gone.json) == (200, {"id": batch["id"], "type": "message_batch_deleted"})
    assert send(server, "GET", f"{PATH}/{batch['id']}").status == 404
    assert list(server.batches) == []


@pytest.mark.parametrize("how", ["deleted", "reset"])
def test_what_is_deleted_while_it_is_read_is_cut(
    server: MockServer, how: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The client sees that it did not get all, the journal says so, and nobody speaks of a defect."""
    server.reply("word " * 20_000, times=None)
    items = [{"custom_id": f"r-{number}", "params": params(max_tokens=64_000)} for number in range(300)]
    batch = poll(server, create(server, items)["id"])
    url = urlsplit(server.base_url)
    head = [f"GET {url.path}{PATH}/{batch['id']}/results HTTP/1.1", "host: x", *map(": ".join, HEADERS.items()), "", ""]
    with socket.socket() as connection:
        connection.settimeout(30)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)  # before it connects, so that it stays
        connection.connect((url.hostname, url.port))
        connection.sendall("\r\n".join(head).encode())
        read = len(connection.recv(1000))
        if how == "deleted":
            assert send(server, "DELETE", f"{PATH}/{batch['id']}").status == 200
        else:
            server.reset()
        while piece := connection.recv(65_536):
            read += len(piece)
    assert 1000 <= read < 30_000_000
    if how == "deleted":
        assert [each["ended"] for each in server.wait(path="*/results")] == ["cut"]
    assert "Traceback" not in capfd.readouterr().err


def test_results_are_archived_after_29_days(server: MockServer) -> None:
    """The batch stays, its results do not."""
    server.clock.freeze()
    batch = poll(server, create(server, 1)["id"])
    server.clock.advance(29 * DAY - 1)
    assert poll(server, batch["id"])["archived_at"] is None
    server.clock.advance(1)
    archived = poll(server, batch["id"])
    assert archived["archived_at"] is not None
    assert send(server, "GET", f"{PATH}/{batch['id']}/results").status == 404


def test_pages(server: MockServer) -> None:
    """Newest first, forwards by `after_id` and backwards by `before_id`."""
    made = [create(server, 1)["id"] for _ in range(5)][::-1]

    def page(query: str) -> tuple[list[str], bool]:
        answer = send(server, "GET", f"{PATH}?{query}").json
        ids = [batch["id"] for batch in answer["data"]]
        assert (answer["first_id"], answer["last_id"]) == (ids[0] if ids else None, ids[-1] if ids else None)
        assert list(answer) == ["data", "has_more", "first_id", "last_id"]
        return ids, answer["has_more"]

    assert page("") == (made, False)
    assert page("limit=2") == (made[:2], True)
    assert page(f"limit=2&after_id={made[1]}") == (made[2:4], True)
    assert page(f"limit=2&after_id={made[3]}") == (made[4:], False)
    assert page(f"limit=2&before_id={made[4]}") == (made[2:4], True)
    assert page(f"before_id={made[0]}") == ([], False)
    assert send(server, "GET", f"{PATH}?limit=0").status == 400
    assert send(server, "GET", f"{PATH}?after_id=msgbatch_01nowhere").status == 400


def test_workspaces_do_not_see_each_other(server: MockServer) -> None:
    """Neither in lists, nor by the id, nor to delete."""
    mine, other = {"x-api-key": server.key("red")}, {"x-api-key": server.key("blue")}
    made = send(server, "POST", PATH, {"requests": requests(1)}, {**mine}).json
    assert send(server, "GET", PATH, headers={**other}).json["data"] == []
    for method, end in (("GET", ""), ("GET", "/results"), ("POST", "/cancel"), ("DELETE", "")):
        assert send(server, method, f"{PATH}/{made['id']}{end}", headers={**other}).status == 404
    assert send(server, "GET", f"{PATH}/{made['id']}", headers={**mine}).json["processing_status"] == "ended"


@pytest.mark.parametrize("host", ["mock.test:8080", "localhost"])
def test_the_results_url_is_where_the_client_reached_us(root: MockServer, host: str) -> None:
    """Its own host, with the prefix that selects the scope, so that the SDK does not leave the mock."""
    scope = root.scope(f"over there/{host}")
    batch = poll(scope, create(scope, 1)["id"], host=host)
    assert batch["results_url"] == f"http://{host}/s/over%20there%2F{host}{PATH}/{batch['id']}/results".replace(
        f"%2F{host}", f"%2F{host.replace(':', '%3A')}"
    )
    prefix = scope.base_url.removeprefix(root.base_url)
    path = batch["results_url"].removeprefix(f"http://{host}")
    assert path.startswith(prefix + "/v1/")
    assert len(lines(send(root, "GET", path))) == 1


def test_a_compressed_body_is_taken_apart_too(server: MockServer) -> None:
    """Of several members, in any cut."""
    body = json.dumps({"requests": requests(500)}).encode()
    packed = gzip.compress(body[:30_000]) + gzip.compress(body[30_000:])
    answer = send(server, "POST", PATH, packed, {"content-encoding": "gzip"})
    assert answer.json["request_counts"]["processing"] == 500
    refused = send(server, "POST", PATH, packed[:-9], {"content-encoding": "gzip"})
    assert refused.json["error"]["details"] == {"error_code": "request_body_encoding_invalid"}
    unknown = send(server, "POST", PATH, packed, {"content-encoding": "br"})
    assert unknown.json["error"]["details"] == {"error_code": "request_body_encoding_unsupported"}
    assert len(server.batches) == 1


def test_the_journal_shows_the_beginning_of_large_bodies(server: MockServer) -> None:
    """A batch of many megabytes must not drive everything else out of it."""
    items = [{"custom_id": f"r-{n}", "params": params("word " * 2000)} for n in range(300)]
    create(server, items)
    (exchange,) = server.exchanges
    shown = exchange["request"]["body"]
    assert shown["requests"] == items[: len(shown["requests"])]
    assert 50 < len(shown["requests"]) < 120
    assert shown["claudemock"] == {"omitted_requests": 300 - len(shown["requests"])}
    assert exchange["request"]["size"] > 3_000_000


def test_the_journal_shows_the_beginning_of_large_results(server: MockServer) -> None:
    """And how much of them it left out."""
    server.when(contains="number").reply("x" * 400_000, stop_reason="end_turn")
    batch = poll(server, create(server, 40)["id"])
    whole = send(server, "GET", f"{PATH}/{batch['id']}/results").body
    response = server.find(path=f"{PATH}/{batch['id']}/results")[0]["response"]
    assert b64decode(response["body"]["_base64"]) == whole[:8_000_000]
    assert response["body"]["_omitted"] == len(whole) - 8_000_000


def test_a_batch_that_takes_long_is_in_progress_meanwhile(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A poll does not wait for ever, others are answered, and later polls see the end."""
    monkeypatch.setattr(batch_run, "_PATIENCE", 0.0)
    batch = create(server, 3000)
    assert counts(poll(server, batch["id"])) == {"processing": 3000}
    assert send(server, "POST", "/v1/messages", params()).status == 200
    while (shown := poll(server, batch["id"]))["processing_status"] == "in_progress":
        assert counts(shown) == {"processing": 3000}
    assert counts(shown) == {"succeeded": 3000}


def test_cancelling_what_is_being_worked_off(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has its answer keeps it, the others are canceled."""
    made = batch_run.Requests.result

    def slowly(*given: Any) -> batch_run.Result:
        time.sleep(0.002)  # so that the cancellation comes in time, however busy the machine is
        return made(*given)

    monkeypatch.setattr(batch_run.Requests, "result", slowly)
    monkeypatch.setattr(batch_run, "_PATIENCE", 0.0)
    batch = create(server, 3000)
    poll(server, batch["id"])
    assert send(server, "POST", f"{PATH}/{batch['id']}/cancel").json["processing_status"] == "canceling"
    while (shown := poll(server, batch["id"]))["processing_status"] == "canceling":
        pass
    tally = counts(shown)
    assert tally["canceled"] > 0
    assert tally["succeeded"] + tally["canceled"] == 3000


def test_the_same_batch_twice_is_two_batches(server: MockServer) -> None:
    """As on the API, which knows no idempotency; and the same test makes the same ids again."""
    first = [create(server, 2)["id"] for _ in range(2)]
    assert len(set(first)) == 2
    server.reset()
    assert list(server.batches) == []
    assert [create(server, 2)["id"] for _ in range(2)] == first


def test_queued_requests_are_limited_by_the_tier() -> None:
    """200,000 in the first tier; batches that have ended do not count."""
    from claudemock.serving import serve  # a server of its own, with limits

    body = {"requests": [{"custom_id": f"{n}", "params": {}} for n in range(70_000)]}
    with serve(tier="start") as limited:
        made = [send(limited, "POST", PATH, body) for _ in range(3)]
        assert [answer.status for answer in made] == [200, 200, 429]
        assert made[2].json["error"]["type"] == "rate_limit_error"
        send(limited, "POST", f"{PATH}/{made[0].json['id']}/cancel")
        assert poll(limited, made[0].json["id"])["processing_status"] == "ended"
        assert send(limited, "POST", PATH, body).status == 200


def test_requests_of_a_model_keep_its_rules(server: MockServer) -> None:
    """The semantic checks of Messages hold for items."""
    bad = params(messages=[{"role": "user", "content": ""}], model=MODEL)
    batch = poll(server, create(server, [{"custom_id": "a", "params": bad}])["id"])
    assert counts(batch) == {"errored": 1}
