"""The official Python SDK: `files` and `beta.files`, sync and async, and files made by scripted replies."""

import asyncio
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic
from anthropic.types import FileExpiredError, FileNotDownloadableError

from claudemock.control.client import ControlError, MockServer
from tests.wire_client import ask, send

MODEL = "claude-opus-4-8"


@pytest.fixture
def client(server: MockServer) -> Iterator[Anthropic]:
    """A client that raises on any response that is not exactly as typed."""
    with Anthropic(
        base_url=server.base_url, api_key=server.api_key, max_retries=0, _strict_response_validation=True
    ) as made:
        yield made


@pytest.fixture(params=["files", "beta.files", "old beta"])
def files(request: pytest.FixtureRequest, client: Anthropic) -> Any:
    """The resource, by each of its ways; the last sends the header of 2025."""
    if request.param == "old beta":
        return client.with_options(default_headers={"anthropic-beta": "files-api-2025-04-14"}).beta.files
    return client.files if request.param == "files" else client.beta.files


def test_upload_list_delete(files: Any) -> None:
    """Upload, look up, list, delete: all that a client does with its own files."""
    made = files.upload(file=("notes.txt", b"hello", "text/plain"))
    assert (made.filename, made.mime_type, made.size_bytes, made.downloadable) == ("notes.txt", "text/plain", 5, False)
    assert files.retrieve_metadata(made.id) == made
    with pytest.raises(anthropic.BadRequestError, match="is not downloadable"):
        files.download(made.id)
    assert [file.id for file in files.list().data] == [made.id]
    assert files.delete(made.id).type == "file_deleted"
    with pytest.raises(anthropic.NotFoundError):
        files.retrieve_metadata(made.id)


def test_pages(client: Anthropic) -> None:
    """The SDK's own paging sees every file once, also while they are deleted."""
    ids = [client.files.upload(file=(f"{number}.txt", b"x")).id for number in range(7)]
    assert [file.id for file in client.files.list(limit=2)] == ids[::-1]
    assert [file.id for file in client.files.list(ids=ids[:2]).data] == ids[1::-1]
    assert [client.files.delete(file.id).id for file in client.files.list(limit=2)] == ids[::-1]
    assert client.files.list().data == []


def test_typed_errors(client: Anthropic, server: MockServer) -> None:
    """The error codes become the SDK's own classes."""
    kept = client.files.upload(file=("a.txt", b"x"), expires_in_seconds=3600)
    assert kept.expires_at is not None
    with pytest.raises(FileNotDownloadableError):
        client.files.download(kept.id)
    server.clock.advance(3600)
    with pytest.raises(FileExpiredError):
        client.files.download(kept.id)


def test_async(server: MockServer) -> None:
    """The same, asynchronous."""
    made = server.files.add("a.bin", b"\x00\xff" * 100_000)

    async def main() -> bytes:
        async with AsyncAnthropic(base_url=server.base_url, api_key=server.api_key, max_retries=0) as client:
            sent = await client.files.upload(file=("b.txt", b"hello"))
            assert [file.id async for file in client.files.list(limit=1)] == [sent.id, made["id"]]
            content = await client.beta.files.download(made["id"])
            return await content.read()

    assert asyncio.run(main()) == b"\x00\xff" * 100_000


@pytest.mark.parametrize("stream", [False, True])
def test_a_reply_makes_files(client: Anthropic, server: MockServer, stream: bool) -> None:
    """A scripted reply's files appear as a code execution's output and can be downloaded."""
    made = [{"filename": "table.csv", "text": "a,b\n"}, {"filename": "dot", "base64": "AP8="}]
    server.reply("Here it is.", files=made)
    asked: Any = {"model": MODEL, "max_tokens": 500, "messages": [{"role": "user", "content": "A table, please"}]}
    if stream:
        with client.messages.stream(**asked) as events:
            message = events.get_final_message()
    else:
        message = client.messages.create(**asked)
    call, result, said = message.content
    assert call.type == "server_tool_use"
    assert said.type == "text"
    assert result.type == "bash_code_execution_tool_result"
    assert result.tool_use_id == call.id
    assert result.content.type == "bash_code_execution_result"
    ids = [output.file_id for output in result.content.content]
    assert [client.files.download(name).read() for name in ids] == [b"a,b\n", b"\x00\xff"]
    assert [client.files.retrieve_metadata(name).mime_type for name in ids] == ["text/csv", "application/octet-stream"]
    assert message.container is not None


def test_files_of_a_reply_belong_to_the_workspace_that_asked(server: MockServer) -> None:
    """Another workspace of the scope does not see them."""
    server.reply(files=[{"filename": "a.txt", "text": "x"}])
    assert ask(server, headers={"x-api-key": server.key("blue")}).status == 200
    assert send(server, "GET", "/v1/files").json["data"] == []
    assert len(send(server, "GET", "/v1/files", headers={"x-api-key": server.key("blue")}).json["data"]) == 1


@pytest.mark.parametrize(
    "file",
    [
        {},
        {"filename": "a"},
        {"filename": "a|b", "text": ""},
        {"filename": "a", "base64": "%"},
        {"filename": "a", "x": 1},
    ],
)
def test_files_that_cannot_be_made(server: MockServer, file: dict[str, Any]) -> None:
    """A wrong file in a script is found when it is armed."""
    with pytest.raises(ControlError, match=r"replies\.0\.files\.0"):
        server.reply("x", files=[file])
