"""Message batches: waited for at a sensible pace, collected, and put together by id."""

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, http, wait
from claudemock_contracts.oracles import Oracles, Outcome
from claudemock_contracts.rules import batch_fate, batch_flow, batch_nonsuccess, batch_rows
from claudemock_contracts.rules.batch_examples import BATCHES, ONE, create, download, poll, row

_OSLO, _ROME = row("oslo", "How cold is Oslo?"), row("rome", "How warm is Rome?")
_BOTH = [("rome", "18 °C in Rome."), ("oslo", "4 °C in Oslo.")]
_WHOLE = Oracles(complete=True)
_MINUTE = wait(60)
_STOPPED = Outcome(kind="raised", error="KeyboardInterrupt: ")


def _returns(value: object) -> Oracles:
    return Oracles(outcomes=[Outcome(kind="returned", value=value)])


CONTRACTS = (
    Contract(
        id="R48",
        name="batch-not-collected",
        title="Every batch is polled until it has ended, and its results are read to the end",
        family="batches",
        why="A batch runs, and is billed, whether or not anybody comes for it; its results are gone 29 days after it "
        "was made.",
        severity="error",
        evidence="A+O",
        fix="Keep the id at once, collect by id with a deadline at expires_at, and list the batches when the program "
        "starts; a program that only submits says so with collected_elsewhere or handed_over.",
        good=Example(
            "Polled, ended, downloaded.",
            create(_OSLO, _ROME),
            _MINUTE,
            poll(processing=2),
            _MINUTE,
            poll("ended", succeeded=2),
            download(_BOTH),
            oracles=_WHOLE,
        ),
        bad=Example(
            "Given up while the batch is in progress.",
            create(_OSLO, _ROME),
            _MINUTE,
            poll(processing=2),
            _MINUTE,
            poll(processing=2),
            oracles=_WHOLE,
        ),
        judge=batch_fate.collected,
        threads=("superplanehq/superplane#5996", "matt-house-e/accrue#47", "bespokelabsai/curator#225"),
    ),
    Contract(
        id="R49",
        name="batch-results-by-position",
        title="Results of a batch are joined with their requests by custom_id",
        family="batches",
        why="Results come in any order. Joined by position they look right, and each answer stands with another "
        "question.",
        severity="error",
        evidence="A+O",
        fix="Put the results into a mapping by custom_id, and go through the requests to read from it.",
        good=Example(
            "The answers are returned in the order of the questions.",
            create(_OSLO, _ROME),
            _MINUTE,
            poll("ended", succeeded=2),
            download(_BOTH),
            oracles=_returns(["4 °C in Oslo.", "18 °C in Rome."]),
        ),
        bad=Example(
            "The answers are returned in the order of the file.",
            create(_OSLO, _ROME),
            _MINUTE,
            poll("ended", succeeded=2),
            download(_BOTH),
            oracles=_returns(["18 °C in Rome.", "4 °C in Oslo."]),
        ),
        judge=batch_rows.by_position,
        threads=("edubruell/tidyllm#37", "matt-house-e/accrue#47", "NVIDIA/TensorRT-LLM#18289"),
    ),
    Contract(
        id="R50",
        name="batch-nonsuccess-ignored",
        title="Rows of a batch that errored or expired are told of or sent again, and they alone",
        family="batches",
        why="Each row has an outcome of its own. Code that reads result.message of every row crashes; code that skips "
        "the others loses them in silence; code that sends all again pays twice.",
        severity="error",
        evidence="A+O",
        fix="Look at result.type of each row, keep a list of those that did not succeed, and send these again.",
        good=Example(
            "The row that failed is sent again.",
            create(_OSLO, _ROME),
            _MINUTE,
            poll("ended", succeeded=1, errored=1),
            download([("rome", "18 °C in Rome."), ("oslo", None)]),
            create(_OSLO, batch="msgbatch_2"),
            _MINUTE,
            poll("ended", "msgbatch_2", succeeded=1),
            download([("oslo", "4 °C in Oslo.")], "msgbatch_2"),
        ),
        bad=Example(
            "The row that failed is never mentioned.",
            create(_OSLO, _ROME),
            _MINUTE,
            poll("ended", succeeded=1, errored=1),
            download([("rome", "18 °C in Rome."), ("oslo", None)]),
            oracles=_returns(["18 °C in Rome."]),
        ),
        judge=batch_nonsuccess.nonsuccess,
        threads=("crmne/ruby_llm#928", "anthropics/anthropic-sdk-python#899", "stdapi-ai/stdapi.ai#60"),
    ),
    Contract(
        id="R51",
        name="batch-custom-id",
        title="A batch has unique custom ids of 1 to 64 plain characters, and asks for nothing batches cannot do",
        family="batches",
        why="The API refuses the whole batch for one such row (400), or answers with rows that cannot be told apart.",
        severity="error",
        evidence="P",
        fix="Make ids of letters, digits, _ and -, the row's number among them; leave out stream and speed; split over "
        "100,000 rows or 256 MB.",
        good=Example("Two ids, two questions.", create(_OSLO, _ROME)),
        bad=Example("Both rows have the same id.", create(_OSLO, row("oslo", "How warm is Rome?"))),
        judge=batch_rows.custom_ids,
        threads=("matt-house-e/accrue#47", "matt-house-e/accrue#57"),
    ),
    Contract(
        id="R52",
        name="batch-polling-pace",
        title="A batch is polled with pauses, results are fetched once it has ended, and a failed poll is made again",
        family="batches",
        why="Batches take minutes to hours, and polls count toward the rate limit. Just after its creation a batch may "
        "be unknown for a moment, and one 529 is no reason to lose what runs.",
        severity="warning",
        evidence="A",
        fix="Wait a minute between polls, growing; ask for results when processing_status is ended; go on after 404 "
        "(for the first minute), 429 and 5xx.",
        good=Example(
            "A poll a minute.",
            create(_OSLO, _ROME),
            *[_MINUTE, poll(processing=2)] * 5,
            _MINUTE,
            poll("ended", succeeded=2),
            download(_BOTH),
            oracles=Oracles(real_time=True),
        ),
        bad=Example(
            "Five polls a second.",
            create(_OSLO, _ROME),
            *[wait(0.1), poll(processing=2)] * 5,
            poll("ended", succeeded=2),
            download(_BOTH),
            oracles=Oracles(real_time=True),
        ),
        judge=batch_flow.pace,
        threads=("anthropics/anthropic-sdk-python#1432", "superplanehq/superplane#5996"),
    ),
    Contract(
        id="R53",
        name="batch-abandoned",
        title="A program that is stopped cancels its running batches, or leaves their ids to somebody",
        family="batches",
        why="The batch goes on and is billed, and nobody knows its id any more.",
        severity="warning",
        evidence="A",
        fix="Write the id down before anything else, and cancel in the handler of the interruption.",
        good=Example(
            "Stopped, and cancelled.",
            create(_OSLO, _ROME),
            _MINUTE,
            poll(processing=2),
            http("POST", f"{BATCHES}/{ONE}/cancel", response={"id": ONE, "processing_status": "canceling"}),
            oracles=Oracles(outcomes=[_STOPPED]),
        ),
        bad=Example(
            "Stopped, and the batch goes on.",
            create(_OSLO, _ROME),
            _MINUTE,
            poll(processing=2),
            oracles=Oracles(outcomes=[_STOPPED]),
        ),
        judge=batch_flow.abandoned,
        threads=("matt-house-e/accrue#47", "matt-house-e/accrue#57"),
    ),
)
