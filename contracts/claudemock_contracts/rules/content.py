"""Content and files: texts that say something; files uploaded once, named while they are there, and deleted."""

from collections.abc import Mapping
from typing import Any

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, Step, ask, http, reply, text
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.rules import file_use, text_blocks

_FILES = "/v1/files"


def upload(name: str, digest: str, filename: str = "report.pdf", **metadata: Any) -> Step:
    """The client uploads a file; `digest` stands for its content."""
    shown: Mapping[str, Any] = {
        "id": f"file_{name}",
        "type": "file",
        "filename": filename,
        "size_bytes": 5000,
        "expires_at": None,
    }
    body = {"_multipart": [{"name": "file", "filename": filename, "size": 5000, "blake2b": digest}]}
    return http("POST", _FILES, body=body, response={**shown, **metadata})


def delete(name: str) -> Step:
    """The client deletes a file."""
    answer = {"id": f"file_{name}", "type": "file_deleted"}
    return http("DELETE", f"{_FILES}/file_{name}", response=answer)


def document(name: str) -> dict[str, Any]:
    """A document by its file."""
    return {"type": "document", "source": {"type": "file", "file_id": f"file_{name}"}}


CONTRACTS = (
    Contract(
        id="R12",
        name="empty-text-block",
        title="No text block is empty or white space",
        family="content",
        why="The API refuses the request (400). Kept in a history, the block kills every later turn too.",
        severity="error",
        evidence="P",
        fix="Leave empty blocks out where the message is made, and those the model itself sent before a tool call.",
        good=Example(
            "A text that says something.", ask(text("Oslo or Rome?"), system=[text("Be brief.")]), reply("Rome.")
        ),
        bad=Example("The user said nothing.", ask(text("Oslo or Rome?"), text("")), reply("Rome.")),
        judge=text_blocks.empty,
        threads=("anthropics/claude-code#50082", "home-assistant/core#175637", "run-llama/llama_index#17278"),
    ),
    Contract(
        id="R55",
        name="file-reupload",
        title="A file is uploaded once and named by its file_id",
        family="files",
        why="Every copy takes time and storage, and two ids for one document give two cache entries.",
        severity="warning",
        evidence="P",
        fix="Keep a table from a digest of the content to the file_id, per workspace, until the file is deleted or has "
        "expired.",
        good=Example(
            "One upload, two questions.",
            upload("a", "d1"),
            ask(document("a"), text("Who signed?")),
            reply("The mayor signed it."),
            ask("And when?"),
            reply("On the third of May."),
            delete("a"),
        ),
        bad=Example(
            "One upload for each question.",
            upload("a", "d1"),
            ask(document("a"), text("Who signed?")),
            reply("The mayor signed it."),
            upload("b", "d1"),
            ask(document("b"), text("And when?")),
            reply("On the third of May."),
            delete("a"),
            delete("b"),
        ),
        judge=file_use.uploaded_again,
        threads=("neuron-core/neuron-ai#296", "mozilla-ai/otari#984"),
    ),
    Contract(
        id="R56",
        name="file-leak",
        title="A file is deleted when it is no longer needed, or expires by itself",
        family="files",
        why="Files stay until somebody deletes them, count toward the organisation's storage, and everybody in the "
        "workspace can use them.",
        severity="note",
        evidence="P",
        fix="Delete in a finally block, or upload with expires_in_seconds; a test whose files are to stay says so with "
        "keep_files.",
        good=Example("Deleted in the end.", upload("a", "d1"), delete("a")),
        bad=Example("Left behind.", upload("a", "d1")),
        judge=file_use.left_behind,
        threads=("langgenius/dify#27420",),
    ),
    Contract(
        id="R57",
        name="file-contract",
        title="A file_id names a file of the same workspace that is there",
        family="files",
        why="A file that was deleted, has expired or belongs to another workspace is not found, and the request fails "
        "before the model reads anything.",
        severity="error",
        evidence="P",
        fix="Delete a file after the last conversation that names it, keep ids with their workspace and expiry, and "
        "take none from a user.",
        good=Example(
            "Deleted after its use.",
            upload("a", "d1"),
            ask(document("a"), text("Who signed?")),
            reply("The mayor signed it."),
            delete("a"),
        ),
        bad=Example(
            "Deleted before its use.",
            upload("a", "d1"),
            delete("a"),
            ask(document("a"), text("Who signed?")),
            reply("The mayor signed it."),
            oracles=Oracles(keep_files=True),
        ),
        judge=file_use.named_rightly,
        threads=("anthropics/anthropic-sdk-ruby#127", "mozilla-ai/otari#1473"),
    ),
)
