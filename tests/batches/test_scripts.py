"""Saying how batches run: from Python, over the control API, in script files."""

from pathlib import Path
from typing import Any

import pytest

from claudemock.control.client import ControlError, MockServer
from claudemock.serving import serve
from tests.batches.bodies import PATH, counts, create, ends, poll, results
from tests.wire_client import send


def test_a_duration_runs_on_the_scopes_clock(server: MockServer) -> None:
    """Counts stay in `processing` until it is over; the end is where the clock puts it."""
    server.clock.freeze()
    server.clock.set("2026-11-01T10:00:00Z")
    server.batches.script(duration=3600)
    batch = create(server, 4)
    server.clock.advance(3599)
    assert counts(poll(server, batch["id"])) == {"processing": 4}
    server.clock.advance(100)
    ended = poll(server, batch["id"])
    assert (ended["processing_status"], ended["ended_at"]) == ("ended", "2026-11-01T11:00:00.000000+00:00")


def test_cancelling_half_way_keeps_half(server: MockServer) -> None:
    """A mix of results, as on the API."""
    server.clock.freeze()
    server.batches.script(duration=100)
    batch = create(server, 10)
    server.clock.advance(50)
    send(server, "POST", f"{PATH}/{batch['id']}/cancel")
    assert counts(poll(server, batch["id"])) == {"succeeded": 5, "canceled": 5}


def test_a_batch_expires_after_a_day(server: MockServer) -> None:
    """What is not done by then has expired."""
    server.clock.freeze()
    server.batches.script(duration=2 * 86_400)
    batch = create(server, 10)
    server.clock.advance(86_400)
    ended = poll(server, batch["id"])
    assert counts(ended) == {"succeeded": 5, "expired": 5}
    assert ended["ended_at"] == ended["expires_at"]


def test_the_clock_alone_ends_it_for_every_call(server: MockServer) -> None:
    """Once its duration is over, results are there without a poll, and it cannot be canceled any more."""
    server.clock.freeze()
    server.batches.script(duration=10)
    batch = create(server, 2)
    server.clock.advance(10)
    assert len(results(server, batch["id"])) == 2
    assert send(server, "POST", f"{PATH}/{batch['id']}/cancel").status == 400


def test_a_mix_of_outcomes(server: MockServer) -> None:
    """Numbers and shares; which requests they are is drawn, the same in every run."""
    server.batches.script(
        errored=2, expired=0.1, canceled=1, error={"type": "overloaded_error", "message": "Overloaded"}
    )
    batch = create(server, 20)
    assert counts(poll(server, batch["id"])) == {"succeeded": 15, "errored": 2, "expired": 2, "canceled": 1}
    rows = results(server, batch["id"])
    errors = [row["result"]["error"]["error"] for row in rows if row["result"]["type"] == "errored"]
    assert [(error["type"], error["message"]) for error in errors] == [("overloaded_error", "Overloaded")] * 2
    server.reset()
    server.batches.script(errored=2, expired=0.1, canceled=1)
    again = create(server, 20)
    poll(server, again["id"])
    assert ends(results(server, again["id"])) == ends(rows)


def test_single_requests_are_picked_by_their_custom_id(server: MockServer) -> None:
    """The first pattern that fits says how one ends."""
    picks = [
        {"custom_id": "r-1", "result": "errored", "error": {"message": "No."}},
        {"custom_id": "re:r-[12]", "result": "expired"},
    ]
    server.batches.script(requests=picks)
    batch = create(server, 4)
    poll(server, batch["id"])
    rows = results(server, batch["id"])
    assert ends(rows) == {"r-0": "succeeded", "r-1": "errored", "r-2": "expired", "r-3": "succeeded"}
    (errored,) = [row["result"]["error"]["error"] for row in rows if row["custom_id"] == "r-1"]
    assert (errored["type"], errored["message"]) == ("api_error", "No.")


@pytest.mark.parametrize("count", [2, 3, 40, 100])
def test_results_come_in_another_order(server: MockServer, count: int) -> None:
    """A client that reads them by position notices; the order is the same in every run."""
    batch = create(server, count)
    poll(server, batch["id"])
    asked = [f"r-{number}" for number in range(count)]
    came = [row["custom_id"] for row in results(server, batch["id"])]
    assert came != asked
    assert sorted(came) == sorted(asked)
    assert came == [row["custom_id"] for row in results(server, batch["id"])]


@pytest.mark.parametrize("order, step", [("requests", 1), ("reversed", -1)])
def test_the_order_can_be_asked_for(server: MockServer, order: str, step: int) -> None:
    """As sent, or backwards, over all slices."""
    server.batches.script(order=order)
    batch = create(server, 100)
    poll(server, batch["id"])
    assert [row["custom_id"] for row in results(server, batch["id"])] == [f"r-{n}" for n in range(100)][::step]


def test_a_new_batch_may_not_be_found_at_first(server: MockServer) -> None:
    """Clients should live with a 404 right after the creation."""
    server.batches.script(not_found=2)
    batch = create(server, 1)
    calls = [send(server, "GET", f"{PATH}/{batch['id']}").status for _ in range(3)]
    assert calls == [404, 404, 200]


def test_scripted_replies_answer_items(server: MockServer) -> None:
    """By what was said, or by the custom id, which no other request has."""
    server.when(custom_id="r-1").reply("One.")
    server.when(contains="number 2").reply("Two.")
    batch = create(server, 3)
    poll(server, batch["id"])
    said = {row["custom_id"]: row["result"]["message"]["content"][0]["text"] for row in results(server, batch["id"])}
    assert (said["r-1"], said["r-2"]) == ("One.", "Two.")
    assert "number 0" in said["r-0"]


@pytest.mark.parametrize("lasting", [False, True])
def test_scripted_files_are_made_once(lasting: bool, tmp_path: Path) -> None:
    """A reply that makes files does so for items too, in the step that answers them."""
    with serve(state=tmp_path / "state.db" if lasting else None) as server:
        server.when(custom_id="r-1").reply("Made.", files=[{"filename": "a.txt", "text": "hello"}])
        batch = create(server, 3)
        assert counts(poll(server, batch["id"])) == {"succeeded": 3}
        (listed,) = send(server, "GET", "/v1/files").json["data"]
        assert (listed["filename"], listed["downloadable"]) == ("a.txt", True)


def test_a_strict_scripts_miss_is_an_errored_item(server: MockServer) -> None:
    """Which says what differed."""
    server.when(custom_id="r-1").reply("One.")
    server.strict()
    batch = create(server, 2)
    assert counts(poll(server, batch["id"])) == {"succeeded": 1, "errored": 1}
    (miss,) = [row["result"]["error"]["error"] for row in results(server, batch["id"]) if row["custom_id"] == "r-0"]
    assert "custom_id: wanted 'r-1', got r-0" in miss["message"]


def test_scripts_are_used_in_order_and_for_their_workspace(server: MockServer) -> None:
    """Each once unless it says otherwise; what is armed can be listed and cleared."""
    server.batches.script(errored=1, match={"workspace": "red"})
    server.batches.script(expired=1, times=2)
    ids = [entry["id"] for entry in server.call("GET", "batches")["scripts"]]
    red = create(server, 1, x_api_key=server.key("red"))
    plain = [create(server, 1) for _ in range(3)]
    assert [batch["script"] for batch in server.batches] == [ids[0], ids[1], ids[1], None]
    assert counts(poll(server, red["id"], x_api_key=server.key("red"))) == {"errored": 1}
    assert [counts(poll(server, batch["id"])) for batch in plain] == [{"expired": 1}, {"expired": 1}, {"succeeded": 1}]
    server.batches.script(canceled=1, times=None)
    server.batches.clear()
    assert server.call("GET", "batches")["scripts"] == []
    assert len(server.batches) == 4


def test_looking_over_the_control_api_is_no_poll(server: MockServer) -> None:
    """A test can watch without changing what happens."""
    batch = create(server, 1)
    assert [each["processing_status"] for each in server.batches] == ["in_progress"]
    assert server.batches[0]["id"] == batch["id"]
    assert server.batches[0]["workspace"] == "default"


@pytest.mark.parametrize(
    "script, message",
    [
        ({"duration": -1}, "scripts.0.duration: Input should be greater than or equal to 0"),
        ({"errored": 1.5}, "scripts.0.errored: a whole number of requests, or a share of them below 1"),
        ({"order": "sorted"}, "scripts.0.order: Input should be 'shuffled', 'requests' or 'reversed'"),
        ({"requests": [{"custom_id": "re:(", "result": "errored"}]}, "scripts.0.requests.0.custom_id: 're:("),
        (
            {"requests": [{"custom_id": "a", "result": "expired", "error": {}}]},
            "scripts.0.requests.0: error belongs to the result errored, not expired",
        ),
        ({"speed": 2}, "scripts.0.speed: there is no such field. There are duration, errored"),
    ],
)
def test_a_wrong_script_is_refused(server: MockServer, script: dict[str, Any], message: str) -> None:
    """With the place and the reason."""
    with pytest.raises(ControlError) as caught:
        server.batches.script(**script)
    assert str(caught.value).startswith(message)


def test_script_files_can_say_it(tmp_path: Path) -> None:
    """Under the key `batches`, in every scope anew; a mistake is named with its line."""
    path = tmp_path / "script.yaml"
    path.write_text("batches:\n  - errored: 1\n    times: 1\n  - duration: 60\n    times: null\n", encoding="utf-8")
    with serve(scripts=[path]) as server:
        for scope in (server.scope("a"), server.scope("b")):
            made = [create(scope, 2) for _ in range(3)]
            assert [batch["script"] for batch in scope.batches] == [
                *("script.yaml#batch1", "script.yaml#batch2", "script.yaml#batch2"),
            ]
            assert [counts(poll(scope, batch["id"])) for batch in made] == [
                *({"succeeded": 1, "errored": 1}, {"processing": 2}, {"processing": 2}),
            ]


def test_a_wrong_script_file_names_the_line(tmp_path: Path) -> None:
    """As for replies."""
    from claudemock.script.files import load_script
    from claudemock.script.spec import ScriptError

    path = tmp_path / "script.yaml"
    path.write_text("batches:\n  - errored: 1\n  - order: sorted\n", encoding="utf-8")
    with pytest.raises(ScriptError, match=r"script\.yaml:3:5: batches\.1\.order: Input should be"):
        load_script(path)
