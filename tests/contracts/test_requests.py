"""The rules on credentials, parameters and models: what looks wrong and is right, and what makes right wrong."""

from dataclasses import replace
from typing import Any

import pytest

from claudemock_contracts.examples import Example, Step, ask, fails, http, keep, new, reply, result, text, tool
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.rules.batch_examples import create, row
from claudemock_contracts.run import judge
from tests.contracts.judging import finding, prompts, report

MOCK = "sk-ant-mock-of-this-test"
REAL = "sk-ant-" + "api03-Zk3vT9qLw2RnXb7HcJ5sYd8M"
BEARER, KEY = {"authorization": f"Bearer {MOCK}"}, {"x-api-key": MOCK}
NEW, OLD = {"anthropic-version": "2026-10-21"}, {"anthropic-version": "2023-06-01"}
ROME = reply("18 °C in Rome.")


def kinds(rule: str, *steps: Step, oracles: Oracles | None = None) -> list[str]:
    """The kinds of a rule's findings."""
    return [each.kind for each in report(*steps, oracles=oracles).of(rule)]


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        (BEARER, "pass"),
        (KEY, "pass"),
        ({**BEARER, **KEY}, "pass"),
        ({"authorization": "Bearer sk-ant-mock-of-another", **KEY}, "violation"),
        ({"authorization": "Bearer …", "x-api-key": "sk-ant-…"}, "inconclusive"),
        ({"authorization": "Basic dTpw", **KEY}, "pass"),
    ],
)
def test_one_credential(headers: dict[str, str], verdict: str) -> None:
    """Two of the same value are one; redacted ones cannot be told apart."""
    assert report(ask("Rome?", headers=headers), ROME).verdicts["R58"] == verdict


def test_gateways_may_need_two() -> None:
    """One for themselves and one to hand on: advice."""
    steps = Example("…", ask("Rome?", headers={"authorization": "Bearer gateway-token-1234", **KEY}), ROME)
    there = [replace(each, host="gateway.example") for each in steps.exchanges()]
    assert [each.verdict for each in judge(there, prompts=prompts()).of("R58")] == ["note"]


@pytest.mark.parametrize("secret", [MOCK, REAL])
@pytest.mark.parametrize(
    ("place", "location"),
    [
        (lambda secret: ask(f"My key is {secret}.", headers=KEY), "messages.0.content"),
        (lambda secret: ask(text("Hi"), text(f"key={secret}"), headers=KEY), "messages.0.content.1.text"),
        (lambda secret: ask("Hi", system=f"Use {secret}.", headers=KEY), "system"),
        (lambda secret: ask("Hi", metadata={"user_id": secret}, headers=KEY), "metadata.user_id"),
        (lambda secret: ask(result("a", f"TOKEN={secret}"), headers=KEY), "messages.0.content.0.content"),
    ],
)
def test_a_credential_in_a_prompt(secret: str, place: Any, location: str) -> None:
    """The program's own or any that looks real, wherever in the body; it is never shown."""
    found = finding("R58", place(secret), ROME)
    assert (found.kind, found.location) == ("in the prompt", location)
    assert secret not in str(found.to_json())


def test_a_credential_in_a_batch_or_a_file() -> None:
    """Rows are prompts, and files are kept; one is told of once for each request."""
    rows = create(row("a", f"My key is {REAL}."), row("b", f"Mine is {REAL}."))
    assert finding("R58", rows).location == "requests.0.params.messages.0.content"
    file = [{"name": "file", "filename": f"{REAL}.txt", "size": 1, "blake2b": "d"}]
    assert finding("R58", http("POST", "/v1/files", body={"_multipart": file})).location == "_multipart.0.filename"
    assert kinds("R58", create(row("a", "My key is secret."))) == []


@pytest.mark.parametrize(
    "words",
    [
        "Keys begin with sk-ant-...",
        "sk-ant-xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-ant-…",
        "Set ANTHROPIC_API_KEY=sk-ant-api03-",
    ],
)
def test_texts_about_keys_are_none(words: str) -> None:
    """Documentation shows the form of a key."""
    assert kinds("R58", ask(words, headers=KEY), ROME) == []


def test_a_credential_in_the_address() -> None:
    """Addresses are logged everywhere."""
    step = http("GET", "/v1/models", query=f"api_key={REAL}", response={"data": []})
    assert kinds("R58", step) == ["in the address"]


def test_a_credential_in_the_output() -> None:
    """What the program printed is kept by whoever ran it."""
    steps = (ask("Rome?", headers=BEARER), ROME)
    assert kinds("R58", *steps, oracles=Oracles(output_texts=[f"headers: {BEARER}"])) == ["in the output"]
    assert kinds("R58", *steps, oracles=Oracles(output_texts=["headers: (redacted)"])) == []


def redirected(to: str, **headers: str) -> list[Exchange]:
    """A redirect that was followed."""
    first = Exchange(id="1", host="a", status=307, headers=BEARER, response_headers={"location": f"http://{to}/v1"})
    return [first, Exchange(id="2", host=to, status=200, headers=headers)]


def test_a_credential_that_is_sent_on() -> None:
    """To another host: an error. To the same one, or without it: fine."""

    def seen(*args: str, **headers: str) -> list[str]:
        return [each.kind for each in judge(redirected(*args, **headers), prompts=prompts()).of("R58")]

    assert seen("b", **BEARER) == ["sent on"]
    assert seen("b") == []
    assert seen("a", **BEARER) == []


def test_a_leak_is_told_of_once() -> None:
    """The later turns repeat the history."""
    steps = (ask(f"My key is {REAL}.", headers=KEY), reply("Keep it to yourself, please."), ask("Why?"), ROME)
    assert finding("R58", *steps).count == 1


PREFILL = keep(lambda history: [history[0], {"role": "assistant", "content": "It is"}])
PAUSED = [{"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}]
DOCUMENT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ((ask("Rome?", headers=NEW, temperature=0.2), ROME), "removed temperature"),
        ((ask("Rome?", headers=NEW, top_p=0.2), ROME), "removed top_p"),
        ((ask("Rome?", headers=NEW, top_k=2), ROME), "removed top_k"),
        ((create(row("a", "Rome?", temperature=1)),), None),
        ((ask("Rome?", headers=OLD, temperature=0.2, model="claude-sonnet-4-5"), ROME), None),
        ((ask("Rome?", headers=NEW, temperature=None), ROME), None),
        ((ask("Rome?", disable_parallel_tool_use=True), ROME), "misplaced"),
        (
            (ask("Rome?", tool_choice={"type": "auto", "disable_parallel_tool_use": True}, tools=[tool("w")]), ROME),
            None,
        ),
        ((ask("Rome?"), ROME, PREFILL, ask(), ROME), "prefill"),
        ((ask("Rome?", model="claude-sonnet-4-5"), ROME, PREFILL, ask(), ROME), None),
        ((ask("Rome?", model="claude-next-9"), ROME, PREFILL, ask(), ROME), None),
        ((ask("Rome?"), ROME, PREFILL, ask(fallback_credit_token="t"), ROME), None),
        ((ask("Rome?"), reply(*PAUSED, stop_reason="pause_turn"), ask(), ROME), None),
        ((ask("Rome?"), reply("A long look at it.", stop_reason="pause_turn"), ask(), ROME), None),
        ((ask("Rome?", headers={}), fails(400, message="anthropic-version: header is required")), None),
        ((ask("Rome?", headers=KEY), fails(400, message="anthropic-version: header is required")), "no version"),
        ((ask("Rome?", headers=KEY), ROME), None),
        ((ask("Rome?", headers={**NEW, "anthropic-beta": "message-threads-2026-08-12"}), ROME), None),
        ((ask("Rome?", headers={"anthropic-beta": "no-such-beta-2020-01-01"}), ROME), "unknown beta"),
        (
            (ask("Rome?", headers={"anthropic-beta": "message-threads-2026-08-12,message-threads-2026-08-12"}), ROME),
            "beta twice",
        ),
    ],
)
def test_what_versions_and_models_take(steps: tuple[Step, ...], kind: str | None) -> None:
    """What is gone is an error, what is odd about betas a note; stripped headers of recordings are neither."""
    found = report(*steps).of("R59")
    assert [each.kind for each in found] == ([kind] if kind else [])
    assert all(each.verdict == ("note" if "beta" in each.kind else "violation") for each in found)


@pytest.mark.parametrize(
    ("model", "params", "kind"),
    [
        ("claude-opus-4-8", {"temperature": 0.2}, "not taken temperature"),
        ("claude-opus-4-8", {"top_p": 0.9}, "not taken top_p"),
        ("claude-opus-4-8", {"top_k": 40}, "not taken top_k"),
        ("claude-opus-4-8", {"temperature": 1.0, "top_p": 1}, None),
        ("claude-opus-4-8", {"tool_choice": {"type": "any"}, "tools": [tool("w")]}, None),
        ("claude-opus-5-5", {"tool_choice": {"type": "any"}, "tools": [tool("w")]}, "not taken tool_choice.type"),
        ("claude-opus-5-5", {"tool_choice": {"type": "none"}, "tools": [tool("w")]}, None),
        ("claude-sonnet-4-5", {"temperature": 0.2}, None),
        ("claude-next-9", {"temperature": 0.2}, None),
    ],
)
def test_what_models_do_not_take(model: str, params: dict[str, Any], kind: str | None) -> None:
    """By the catalogue, for what was refused, or will be in a batch; what was answered was taken."""
    asking = ask("Rome?", model=model, **params)
    expected = [kind] if kind else []
    assert kinds("R59", asking, fails(400)) == expected
    assert kinds("R59", create(row("a", "Rome?", model=model, **params))) == expected
    assert kinds("R59", asking, ROME) == []
    if "temperature" in params:
        both = ask("Rome?", headers=NEW, model=model, **params)
        assert "removed temperature" in kinds("R59", both, fails(400))
        assert "not taken temperature" not in kinds("R59", both, fails(400))


def test_blocks_that_moved() -> None:
    """The new version takes no documents from the assistant; from the user it does, and the old one took both."""
    theirs = keep(lambda history: [history[0], {"role": "assistant", "content": [DOCUMENT, text("So.")]}])
    steps = (ROME, theirs, ask("And?"), ROME)
    assert kinds("R59", ask("Rome?", headers=NEW), *steps) == ["misplaced"]
    assert kinds("R59", ask("Rome?", headers=OLD), *steps) == []
    assert kinds("R59", ask(DOCUMENT, headers=NEW), ROME) == []


def test_rows_of_batches_have_a_version_too() -> None:
    """The whole batch is sent with one header."""
    made = Example("…", create(row("a", "Rome?", temperature=1))).exchanges()
    found = judge([replace(made[0], headers=NEW)], prompts=prompts()).of("R59")
    assert [each.location for each in found] == ["requests.0.params.temperature"]


AGES = 1_700_000_000.0  # November 2023


@pytest.mark.parametrize(
    ("model", "kind", "verdict"),
    [
        ("claude-3-opus-20240229", "retired claude-3-opus-20240229", "warning"),
        ("claude-sonnet-4-5", "deprecated claude-sonnet-4-5-20250929", "warning"),
        ("claude-mythos-preview", "deprecated claude-mythos-preview", "note"),
        ("claude-opus-5-5", None, "pass"),
        ("claude-next-9", None, "not-exercised"),
    ],
)
def test_models_that_go(model: str, kind: str | None, verdict: str) -> None:
    """Retired, or with a date for it: a warning; deprecated without one: a note."""
    exchanges = Example("…", ask("Rome?", model=model), ROME).exchanges()
    found = judge([replace(each, started=1_795_400_000.0) for each in exchanges], prompts=prompts())
    assert [each.kind for each in found.of("R66")] == ([kind] if kind else [])
    assert found.verdicts["R66"] == verdict


def test_a_model_in_its_time() -> None:
    """An old recording of what was right then: a note, for what plays it again."""
    exchanges = Example("…", ask("Rome?", model="claude-3-opus-20240229"), ROME).exchanges()
    old = [replace(each, started=AGES) for each in exchanges]
    assert judge(old, prompts=prompts()).verdicts["R66"] == "note"
    undated = [replace(each, started=None) for each in exchanges]
    assert judge(undated, prompts=prompts()).verdicts["R66"] == "warning"
    recorded = [replace(each, source="run.yaml:1") for each in undated]
    assert judge(recorded, prompts=prompts()).verdicts["R66"] == "note"
    refused = [replace(each, status=404) for each in recorded]
    assert judge(refused, prompts=prompts()).verdicts["R66"] == "warning"


def test_a_model_whose_day_comes() -> None:
    """On a clock that is set ahead it is retired."""
    exchanges = Example("…", ask("Rome?", model="claude-sonnet-4-5"), ROME).exchanges()
    ahead = [replace(each, started=1_900_000_000.0) for each in exchanges]
    (found,) = judge(ahead, prompts=prompts()).of("R66")
    assert found.kind.startswith("retired")


def test_prefills_of_two_conversations() -> None:
    """Each is told of, as one finding."""
    steps = (ask("Rome?"), ROME, PREFILL, ask(), ROME)
    assert finding("R59", *steps, new(), *steps).count == 2
