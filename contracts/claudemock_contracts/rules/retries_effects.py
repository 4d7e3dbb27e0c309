"""Retries: nothing is there twice because of them, and they do not come because of too short a timeout."""

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, again, ask, hangs_up, http, keep, reply, streams
from claudemock_contracts.rules import retry_effects, timeouts

_BATCHES = "/v1/messages/batches"
_ROWS = {"requests": [{"custom_id": "page-1", "params": {"model": "claude-opus-4-8", "max_tokens": 100}}]}
_MADE = {"id": "msgbatch_1", "processing_status": "in_progress"}
_TIDES = "The tide turns at noon."


def _said(*texts: str) -> dict[str, str]:
    return {"role": "assistant", "content": "".join(texts)}


CONTRACTS = (
    Contract(
        id="R42",
        name="stream-retry-duplicates",
        title="What came before a stream broke off is thrown away when the call is made again",
        family="retries",
        why="A second attempt answers from the start. What is kept of the first is there twice: in the text, in the "
        "history that every later turn sees, or as a tool call that runs again.",
        severity="error",
        evidence="A+O",
        fix="Collect each attempt's events by themselves, and keep them once the stop reason is there.",
        good=Example(
            "Only the second attempt's text goes into the history.",
            ask("When does the tide turn?", stream=True),
            streams("The tide t", until=3, error="overloaded_error", keep=False),
            again(1.0),
            streams(_TIDES),
            ask("Thank you."),
            streams("You are welcome."),
        ),
        bad=Example(
            "The history begins with what the first attempt had said.",
            ask("When does the tide turn?", stream=True),
            streams("The tide t", until=3, error="overloaded_error", keep=False),
            again(1.0),
            streams(_TIDES, keep=False),
            keep(lambda history: [*history, _said("The tide t", _TIDES)]),
            ask("Thank you."),
            streams("You are welcome."),
        ),
        judge=retry_effects.duplicated,
        threads=("endolith/open-interpreter#291", "earendil-works/pi#8031", "langchain-ai/deepagents#5905"),
    ),
    Contract(
        id="R43",
        name="retry-side-effects",
        title="A retry does nothing twice that must happen once",
        family="retries",
        why="The API has no idempotency key: a batch whose answer was lost exists, and one that is created again is "
        "paid for twice. A tool that runs again for the same call may send a mail again.",
        severity="error",
        evidence="A",
        fix="After a lost answer look whether the thing is there; keep tool results by tool_use_id; retry the request "
        "alone, with the same body.",
        good=Example(
            "The program looks for its batch before it creates it again.",
            http("POST", _BATCHES, body=_ROWS, response=_MADE, ended="cut"),
            http("GET", _BATCHES, response={"data": [], "has_more": False}),
            http("POST", _BATCHES, body=_ROWS, response=_MADE | {"id": "msgbatch_2"}),
            ask("Hello", headers={"x-stainless-retry-count": "0"}),
            hangs_up(),
            again(0.45, attempt=1),
            reply("Hello yourself."),
        ),
        bad=Example(
            "The answer is lost, and the same batch is created once more.",
            http("POST", _BATCHES, body=_ROWS, response=_MADE, ended="cut"),
            http("POST", _BATCHES, body=_ROWS, response=_MADE | {"id": "msgbatch_2"}),
        ),
        judge=retry_effects.side_effects,
        threads=("shiaho777/web-to-app#748", "matt-house-e/accrue#47", "10-X-eng/vibecad#177"),
    ),
    Contract(
        id="R46",
        name="timeout-mismatch",
        title="The timeout fits the answer that is asked for",
        family="retries",
        why="An answer of many thousand tokens takes minutes. A client that hangs up before pays for tokens it never "
        "sees, and pays again when it asks again.",
        severity="warning",
        evidence="P+A",
        fix="Stream long answers, with a timeout between events; else allow about 28 seconds for each 1,000 tokens of "
        "max_tokens.",
        good=Example(
            "Sixteen thousand tokens with the SDK's ten minutes.",
            ask("A chapter about the sea.", max_tokens=16_000, headers={"x-stainless-read-timeout": "600"}),
            reply("The sea is deep."),
        ),
        bad=Example(
            "Ten seconds for up to sixteen thousand tokens in one piece.",
            ask("A chapter about the sea.", max_tokens=16_000, headers={"x-stainless-read-timeout": "10.0"}),
            reply("The sea is deep."),
        ),
        judge=timeouts.timeout_mismatch,
        threads=("anthropics/anthropic-sdk-python#1002", "stanford-crfm/helm#3624", "timothy-agent/timothy#654"),
    ),
)
