"""Files that a scripted reply makes, as code that ran in the API's container would have."""

from dataclasses import replace

from claudemock.engine.reply import Block, Reply, ReplyFile
from claudemock.files.record import StoredFile
from claudemock.files.shelf import Upload
from claudemock.ids import digest, make_id
from claudemock.world import Scope

_THOUGHTS = ("thinking", "redacted_thinking")


def with_produced(reply: Reply, place: Scope, workspace: str, source: bytes) -> Reply:
    """The reply with its `files` stored, downloadable, and named by the result of a code execution (as recorded).

    Raises `ApiError` 400 over the organization's quota.
    """
    if not reply.files:
        return reply
    made = [_stored(file, place, workspace) for file in reply.files]
    call = make_id("srvtoolu", digest(source, b"files"))
    before = next((n for n, block in enumerate(reply.content) if block["type"] not in _THOUGHTS), len(reply.content))
    ran = _ran(call, made)
    return replace(reply, content=(*reply.content[:before], *ran, *reply.content[before:]), files=())


def _stored(file: ReplyFile, place: Scope, workspace: str) -> StoredFile:
    upload = Upload(workspace, file.filename, file.mime_type, downloadable=True)
    return place.files.add(file.content, upload, place.clock.now())


def _ran(call: str, files: list[StoredFile]) -> list[Block]:
    command = " && ".join(f"cp '/tmp/{file.filename}' $OUTPUT_DIR/" for file in files)
    result = {
        "type": "bash_code_execution_result",
        "stdout": "",
        "stderr": "",
        "return_code": 0,
        "content": [{"type": "bash_code_execution_output", "file_id": file.id} for file in files],
    }
    return [
        {"type": "server_tool_use", "id": call, "name": "bash_code_execution", "input": {"command": command}},
        {"type": "bash_code_execution_tool_result", "tool_use_id": call, "content": result},
    ]
