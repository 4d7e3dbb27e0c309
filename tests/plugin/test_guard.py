"""No watched test reaches the real API, and a finding names the line of the user's code."""

import pytest

from tests.plugin.conftest import Run

pytest_plugins = "pytester"

ATTEMPTS = {
    "sdk": "anthropic.Anthropic(api_key='k', base_url=REAL).models.list()",
    "httpx": "httpx.get(REAL + '/v1/models')",
    "httpx2": "httpx2.get(REAL + '/v1/models')",
    "urllib": "urllib.request.urlopen(REAL + '/v1/models')",
    "asyncio": "asyncio.run(asyncio.open_connection('api.anthropic.com', 443))",
    "async-sdk": "asyncio.run(models(anthropic.AsyncAnthropic(api_key='k', base_url=REAL)))",
    "uvloop": "uvloop.run(asyncio.open_connection(tls.getsockname()[0], tls.getsockname()[1], ssl=True, "
    "server_hostname='api.anthropic.com'))",
    "swallowed": "swallow(lambda: httpx.get(REAL))",
    "proxy": "httpx.Client(proxy='http://127.0.0.1:%d' % tls.getsockname()[1]).get(REAL)",
}
TEST = """
import asyncio, socket, threading, urllib.request
import anthropic, httpx, httpx2, pytest, uvloop

REAL = "https://api.anthropic.com"
tls = socket.create_server(("127.0.0.1", 0))

def serve():
    connection, _ = tls.accept()
    with connection:
        if connection.recv(9999).startswith(b"CONNECT"):
            connection.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
            connection.recv(9999)

async def models(client):
    return await client.models.list()

def swallow(call):
    try:
        call()
    except BaseException:
        pass

def test_attempt(claude):
    threading.Thread(target=serve, daemon=True).start()
    %s
"""


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_real_api_is_out_of_reach(run: Run, attempt: str) -> None:
    """Whatever the client, the loop or a proxy, and also where the error is swallowed: the test fails and says why."""
    result = run(TEST % ATTEMPTS[attempt], "-W", "ignore")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*real api*"])
    if attempt != "swallowed":
        result.stdout.fnmatch_lines(
            ["claudemock blocked a call to the real API (api.anthropic.com)*", "pass claude.base_url and*"]
        )


@pytest.mark.parametrize("attempt", ["sdk", "httpx", "urllib", "asyncio", "async-sdk"])
def test_the_users_line_is_named(run: Run, attempt: str) -> None:
    """So that one finds the client that was not configured."""
    result = run(TEST % ATTEMPTS[attempt], "-W", "ignore")
    result.stdout.fnmatch_lines(["claudemock blocked a call to the real API (api.anthropic.com) from test_it.py:*"])


def test_other_hosts_and_other_tests_are_left_alone(run: Run) -> None:
    """Only the API is blocked, only while a test is watched; afterwards the socket module is as it was."""
    result = run(
        """
        import socket, ssl
        BEFORE = (socket.getaddrinfo, vars(socket.socket).get("send"), ssl.SSLContext.wrap_bio)

        def test_watched(claude):
            assert socket.getaddrinfo is not BEFORE[0]
            assert socket.getaddrinfo("localhost", 80)
            assert socket.getaddrinfo("127.0.0.1", 80)

        def test_not_watched():
            assert BEFORE == (socket.getaddrinfo, vars(socket.socket).get("send"), ssl.SSLContext.wrap_bio)
        """
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    "call",
    [
        "app.loses_a_result()",
        "asyncio.run(asynchronously())",
        "trio.run(asynchronously)",
        "ThreadPoolExecutor(1).submit(app.loses_a_result).result()",
    ],
)
def test_a_finding_names_the_line_that_made_the_call(run: Run, call: str) -> None:
    """Also in threads, and in coroutines: the innermost line that is the user's own."""
    result = run(
        f"""
        import asyncio
        from concurrent.futures import ThreadPoolExecutor
        import anthropic
        import trio
        import app
        from claudemock import tool_use

        async def asynchronously():
            async with anthropic.AsyncAnthropic(base_url=app.os.environ["ANTHROPIC_BASE_URL"]) as client:
                body = app.first()
                served = await client.messages.create(**body)
                body["messages"] += [{{"role": "assistant", "content": [b.to_dict() for b in served.content]}},
                                     {{"role": "user", "content": "Well?"}}]
                try:
                    await client.messages.create(**body)  # the line
                except anthropic.BadRequestError:
                    pass

        def test_lost(claude):
            claude.reply(tool_use("get_weather", city="Oslo"))
            {call}
        """
    )
    result.assert_outcomes(failed=1)
    place = "test_it.py:15" if "asynchronously" in call else "app.py:9"
    result.stdout.fnmatch_lines(["error  R01 tool-result-missing*", f"  called    at {place}"])
