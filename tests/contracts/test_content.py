"""The rules on texts, files and server tools: what looks wrong and is right, and what makes right wrong."""

from dataclasses import replace
from typing import Any

import pytest

from claudemock_contracts.examples import (
    Example,
    Scene,
    Step,
    again,
    ask,
    call,
    fails,
    http,
    keep,
    new,
    reply,
    result,
    text,
    tool,
    wait,
)
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.rules.batch_examples import create, row
from claudemock_contracts.rules.content import delete, document, upload
from claudemock_contracts.run import judge
from tests.contracts.judging import finding, prompts, report

EMPTY = [text("")]
SIGNED = reply("The mayor signed it.")
LATER = 2_000_000_000


def kinds(rule: str, *steps: Step, oracles: Oracles | None = None) -> list[str]:
    """The kinds of a rule's findings."""
    return [each.kind for each in report(*steps, oracles=oracles).of(rule)]


@pytest.mark.parametrize(
    ("step", "kind", "place"),
    [
        (ask(text("Oslo?"), text("")), "user", "messages.0.content.1.text"),
        (ask(text("Oslo?"), text(" \n")), "user", "messages.0.content.1.text"),
        (ask(""), "user", "messages.0.content"),
        (ask("Oslo?", system=[text("Be brief."), text("")]), "system", "system.1.text"),
        (ask(text("Oslo?"), text("", cache=True)), "marked", "messages.0.content.1.text"),
    ],
)
def test_texts_that_say_nothing(step: Step, kind: str, place: str) -> None:
    """Empty or white space, from the user or in the system prompt; worst with a marker."""
    found = finding("R12", step, reply("Rome."))
    assert (found.kind, found.location) == (kind, place)


def test_rows_of_batches_say_something_too() -> None:
    """A row that is refused is known only when the batch has ended."""
    found = finding("R12", create(row("a", "Oslo?"), row("b", "")))
    assert found.location == "requests.1.params.messages.0.content"


def assistant(*content: Any) -> Step:
    """The client puts an answer of its own into the history."""
    return keep(lambda history: [*history[:1], {"role": "assistant", "content": list(content)}, *history[2:]])


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(
            (
                *(ask("Oslo?", tools=[tool("w")]), reply(call("a", "w")), ask({**result("a"), "content": None})),
                reply("4 °C, I think."),
            ),
            id="a result without content",
        ),
        pytest.param(
            (ask("Oslo?"), reply({"type": "thinking", "thinking": "", "signature": "s"}, "4 °C."), ask("So?"), SIGNED),
            id="thinking that was omitted",
        ),
        pytest.param(
            (ask("Oslo?"), reply("Let me look."), assistant(text(" ")), ask("So?"), SIGNED),
            id="white space of the assistant",
        ),
        pytest.param((ask("Oslo?"), reply("x"), assistant(text("")), ask(), reply("4.")), id="an empty prefill"),
        pytest.param((ask("Oslo?", system=""), reply("4 °C.")), id="no system prompt"),
    ],
)
def test_what_may_be_empty(steps: tuple[Step, ...]) -> None:
    """The API takes these."""
    found = report(*steps)
    assert found.of("R12") == ()
    assert found.verdicts["R12"] == "pass"


def test_an_empty_text_of_the_models_own() -> None:
    """The finding says where it came from."""
    steps = (ask("Oslo?", tools=[tool("w")]), reply(text(""), call("a", "w")), ask(result("a", "4 °C")), reply("4."))
    found = finding("R12", *steps)
    assert found.kind == "served so"
    assert "exch_1" in found.actual


def test_a_bad_block_is_told_of_once() -> None:
    """It stays in the history; the later turns are not to blame."""
    steps = (ask(text("Oslo?"), text("")), reply("4 °C in Oslo."), ask("And Rome?"), reply("18 °C in Rome."))
    assert finding("R12", *steps).count == 1


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ((upload("a", "d1"), upload("b", "d1")), "uploaded again"),
        ((upload("a", "d1"), upload("b", "d2")), None),
        ((upload("a", "d1"), delete("a"), upload("b", "d1")), None),
        ((upload("a", "d1", expires_at="2026-05-28T21:00:00Z"), wait(86400), upload("b", "d1")), None),
        ((upload("a", "d1", expires_at="2036-05-28T21:00:00Z"), wait(60), upload("b", "d1")), "uploaded again"),
    ],
)
def test_uploads_of_the_same(steps: tuple[Step, ...], kind: str | None) -> None:
    """A second one while the first is there; not after it was deleted or had expired."""
    assert kinds("R55", *steps) == ([kind] if kind else [])


def test_uploads_of_two_workspaces() -> None:
    """Each has to have its own."""

    def elsewhere(scene: Scene) -> None:
        http(
            "POST",
            "/v1/files",
            body={"_multipart": [{"name": "file", "blake2b": "d1"}]},
            response={"id": "file_b"},
            workspace="two",
        )(scene)

    assert kinds("R55", upload("a", "d1"), elsewhere) == []


def form(name: str, content: str) -> Step:
    """An upload as other recorders keep it: the form's text."""
    body = f'--{name}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n{content}\r\n--{name}--\r\n'

    def step(scene: Scene) -> None:
        headers = {"content-type": f"multipart/form-data; boundary={name}"}
        scene.send(method="POST", path="/v1/files", body=body, headers=headers)
        scene.answer(status=200, response={"id": f"file_{name}", "size_bytes": len(content)})

    return step


def test_uploads_are_told_by_their_content() -> None:
    """Not by the form around it, whose boundary is new each time."""
    assert kinds("R55", form("one", "hello"), form("two", "hello")) == ["uploaded again"]
    assert kinds("R55", form("one", "hello"), form("two", "world")) == []


def test_uploads_of_another_day() -> None:
    """Another run of the program knows nothing of the first: advice."""
    assert finding("R55", upload("a", "d1"), wait(86400), upload("b", "d1")).verdict == "note"


def picture(size: int = 150_000) -> dict[str, Any]:
    """A picture in the request itself."""
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * size}}


def looks(number: int, size: int = 150_000) -> tuple[Step, ...]:
    """As many questions on one picture, each by itself."""
    return tuple(step for n in range(number) for step in (new(), ask(picture(size), text(f"{n}?")), reply(f"No {n}.")))


def test_pictures_in_requests() -> None:
    """Three times the same large one; fewer, smaller, a conversation about one, and retries are fine."""
    assert kinds("R55", *looks(3)) == ["inlined again"]
    assert kinds("R55", *looks(2)) == []
    assert kinds("R55", *looks(5, size=100_000)) == []
    talk = (ask(picture(), text("What is it?")), reply("It is a harbour."))
    assert kinds("R55", *talk, *[ask("And now?"), reply("It is still a harbour.")] * 5) == []
    assert kinds("R55", *looks(2), wait(7200), *looks(1)) == []  # two runs
    old = [replace(each, started=1_700_000_000.0 + n) for n, each in enumerate(Example("…", *looks(3)).exchanges())]
    assert judge(old, prompts=prompts()).of("R55") == ()  # before there were files
    assert kinds("R55", ask(picture(), text("?")), *[fails(529), again(1.0)] * 4, reply("A harbour.")) == []


@pytest.mark.parametrize(
    ("steps", "oracles", "found"),
    [
        ((upload("a", "d1"),), Oracles(), 1),
        ((upload("a", "d1"), upload("b", "d2"), delete("a")), Oracles(), 1),
        ((upload("a", "d1"), delete("a")), Oracles(), 0),
        ((upload("a", "d1", expires_at="2036-05-28T21:00:00Z"),), Oracles(), 0),
        ((upload("a", "d1"),), Oracles(keep_files=True), 0),
    ],
)
def test_files_left_behind(steps: tuple[Step, ...], oracles: Oracles, found: int) -> None:
    """Deleted, expiring and kept ones are not."""
    seen = report(*steps, oracles=oracles)
    assert len(seen.of("R56")) == found
    assert seen.verdicts["R56"] == ("note" if found else "pass")


QUESTION = ask(document("a"), text("Who signed?"))


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ((upload("a", "d1"), delete("a"), QUESTION, SIGNED), "deleted"),
        ((upload("a", "d1", expires_at="2026-05-28T21:00:00Z"), wait(86400), QUESTION, SIGNED), "expired"),
        ((QUESTION, fails(404, message="File not found: file_a")), "unknown"),
        ((QUESTION, fails(400, message="messages: roles must alternate")), None),
        ((QUESTION, SIGNED), None),
        ((upload("a", "d1"), QUESTION, SIGNED, delete("a")), None),
        ((upload("a", "d1"), QUESTION, SIGNED, ask("And when?"), reply("In May, it says."), delete("a")), None),
    ],
)
def test_files_that_are_not_there(steps: tuple[Step, ...], kind: str | None) -> None:
    """Deleted, expired, unknown; a file of before the recording is none of these."""
    found = report(*steps)
    assert [each.kind for each in found.of("R57")] == ([kind] if kind else [])
    assert found.verdicts["R57"] == ("violation" if kind else "pass")


def test_a_file_of_another_workspace() -> None:
    """It is not found there."""

    def moved(scene: Scene) -> None:
        QUESTION(scene)
        if scene.pending is not None:
            scene.pending["workspace"] = "two"

    mine = http("POST", "/v1/files", response={"id": "file_a"}, workspace="one")
    assert kinds("R57", mine, moved, SIGNED) == ["another workspace"]


WEB = {"type": "web_search_20250305", "name": "web_search"}
LOOKING = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "Oslo"}}
DONE = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
BEGIN = ask("Oslo?", tools=[tool("get_weather"), WEB])
CALL = call("oslo", "get_weather", city="Oslo")
RESULT = result("oslo", "4 °C")


@pytest.mark.parametrize(
    ("steps", "verdict"),
    [
        ((BEGIN, reply(LOOKING, CALL), ask(RESULT)), "pass"),
        ((BEGIN, reply(LOOKING, CALL), ask(RESULT, text("Hurry."))), "violation"),
        ((BEGIN, reply(LOOKING, CALL), ask(RESULT, tools=[tool("get_weather")])), "violation"),
        ((BEGIN, reply(LOOKING, DONE, CALL), ask(RESULT, text("Hurry."))), "not-exercised"),
        ((BEGIN, reply(CALL), ask(RESULT, text("Hurry."))), "not-exercised"),
        ((BEGIN, reply({**LOOKING, "type": "mcp_tool_use"}, CALL), ask(RESULT, tools=[tool("x")])), "pass"),
    ],
)
def test_server_tools_at_work(steps: tuple[Step, ...], verdict: str) -> None:
    """Results alone and the same tools while one is unresolved; anything goes once it is."""
    assert report(*steps, reply("4 °C.")).verdicts["R64"] == verdict


MEMBER = {**call("click", "click", x=1), "toolset_name": "computer"}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}
STATE = {"type": "browser_state", "url": "http://x"}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (result("click", "ok", toolset_name="computer"), None),
        (result("click", [text("ok"), IMAGE, STATE], toolset_name="computer"), None),
        (result("click", "ok"), "name missing"),
        (result("click", "ok", toolset_name="browser"), "another name"),
        (result("click", [STATE, STATE], toolset_name="computer"), "content"),
        (result("click", [document("a")], toolset_name="computer"), "content"),
    ],
)
def test_members_of_toolsets(answer: dict[str, Any], kind: str | None) -> None:
    """The name comes back, and nothing but texts, images and one state of the browser."""
    steps = (
        ask("Press it.", tools=[{"type": "computer_toolset_20260801"}]),
        reply(MEMBER),
        ask(answer),
        reply("Done."),
    )
    assert kinds("R65", *steps) == ([kind] if kind else [])


def test_tools_of_ones_own_have_no_toolset() -> None:
    """Nothing to come back."""
    steps = (BEGIN, reply(CALL), ask(RESULT), reply("4 °C."))
    assert report(*steps).verdicts["R65"] == "not-exercised"
