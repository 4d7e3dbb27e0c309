"""Clients of every kind and age find the mock, and each request belongs to the test that made it."""

import anthropic
import pytest

from tests.plugin.conftest import Run

pytest_plugins = "pytester"

PRODUCT = """
import functools, os
import anthropic

client = anthropic.Anthropic()
BASE = os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com")

@functools.lru_cache
def cached():
    return anthropic.Anthropic()

def say(client):
    messages = [{"role": "user", "content": "?"}]
    return client.messages.create(model="claude-opus-4-8", max_tokens=9, messages=messages).content[0].text

async def asay(client):
    messages = [{"role": "user", "content": "?"}]
    return (await client.messages.create(model="claude-opus-4-8", max_tokens=9, messages=messages)).content[0].text
"""


def test_clients_made_when_modules_are_imported(run: Run) -> None:
    """Their environment was read before any test ran; each test has its own replies all the same."""
    result = run(
        """
        import product

        def test_one(claude):
            claude.reply("one")
            assert product.say(product.client) == "one"
            assert product.BASE.startswith("http://127.0.0.1:")

        def test_two(claude):
            claude.reply("two")
            assert product.say(product.client) == "two"
            assert len(claude.exchanges) == 1
        """,
        product=PRODUCT,
    )
    result.assert_outcomes(passed=2)


def test_clients_kept_from_one_test_to_the_next(run: Run) -> None:
    """A client cached by the product, or made in a wider fixture, serves the test of the moment."""
    result = run(
        """
        import anthropic, pytest, product

        @pytest.fixture(scope="module")
        def wide():
            return anthropic.Anthropic()

        @pytest.mark.parametrize("n", range(3))
        def test_kept(claude, wide, n):
            claude.reply(f"cached {n}")
            claude.reply(f"wide {n}")
            assert product.say(product.cached()) == f"cached {n}"
            assert product.say(wide) == f"wide {n}"
        """,
        product=PRODUCT,
    )
    result.assert_outcomes(passed=3)


def test_clients_made_for_the_real_api_before_any_test(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a conftest imports is made before we can set the environment; it is pointed at the mock while tests run."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-real")
    result = run(
        """
        import conftest, product

        def test_early(claude):
            claude.reply("early")
            assert product.say(conftest.early) == "early"

        def test_untouched():
            assert str(conftest.early.base_url) == "https://api.anthropic.com"
            assert conftest.early.api_key == "sk-ant-api03-real"
        """,
        product=PRODUCT,
        conftest="import anthropic\nearly = anthropic.Anthropic()",
    )
    result.assert_outcomes(passed=2)


def test_clients_made_for_the_real_api_between_tests(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that a test without the fixture has left in a cache is pointed at the mock, while one is watched."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-real")
    result = run(
        """
        import functools
        import anthropic, product

        cached = functools.cache(lambda: anthropic.Anthropic())
        init = anthropic._base_client.BaseClient.__init__

        def test_first(claude): ...

        def test_not_watched():
            assert cached().base_url.host == "api.anthropic.com"

        def test_later(claude):
            claude.reply("later")
            assert product.say(cached()) == "later"

        def test_untouched():
            assert cached().base_url.host == "api.anthropic.com"
        """,
        product=PRODUCT,
    )
    result.assert_outcomes(passed=4)


def test_the_sdk_is_left_as_it_was(run: Run) -> None:
    """What notices new clients is gone when the run is over."""
    init = anthropic._base_client.BaseClient.__init__
    run("def test_watched(claude): ...").assert_outcomes(passed=1)
    assert anthropic._base_client.BaseClient.__init__ is init


def test_modules_whose_conftest_uses_the_fixture_find_the_mock(run: Run, pytester: pytest.Pytester) -> None:
    """They never name it themselves; conftests of inner folders are loaded while others are collected already."""
    inner = pytester.mkdir("inner")
    (inner / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(autouse=True)\ndef mocked(claude):\n    claude.reply('inner')\n"
    )
    (inner / "test_inner.py").write_text(
        "import os, app\nAT_IMPORT = os.environ['ANTHROPIC_BASE_URL']\n"
        "def test_inner():\n    assert app.ask('?') == 'inner'\n    assert '127.0.0.1' in AT_IMPORT\n"
    )
    result = run("def test_outer(claude): ...", "test_it.py", "inner")
    result.assert_outcomes(passed=2)


def test_threads_and_subprocesses(run: Run) -> None:
    """Whatever inherits the environment belongs to the test."""
    result = run(
        """
        import subprocess, sys
        from concurrent.futures import ThreadPoolExecutor
        import anthropic, product

        def test_threads(claude):
            claude.reply("same", times=8)
            with ThreadPoolExecutor(4) as pool:
                said = list(pool.map(lambda n: product.say(anthropic.Anthropic()), range(8)))
            assert said == ["same"] * 8

        def test_subprocess(claude):
            claude.reply("from a child")
            code = "import product; print(product.say(product.client))"
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
            assert done.stdout.strip() == "from a child"
        """,
        product=PRODUCT,
    )
    result.assert_outcomes(passed=2)


def test_asyncio_and_anyio(run: Run) -> None:
    """Async clients, with plain loops and with anyio's plugin on both of its back ends."""
    result = run(
        """
        import asyncio
        import anthropic, pytest, product

        def test_loop(claude):
            claude.reply("async", times=3)
            async def main():
                async with anthropic.AsyncAnthropic() as client:
                    return await asyncio.gather(*(product.asay(client) for _ in range(3)))
            assert asyncio.run(main()) == ["async"] * 3

        @pytest.mark.anyio
        async def test_anyio(claude, anyio_backend):
            claude.reply("anyio")
            async with anthropic.AsyncAnthropic() as client:
                assert await product.asay(client) == "anyio"

        @pytest.mark.anyio
        async def test_anyio_fails(claude, anyio_backend):
            claude.reply("anyio")
        """,
        "-p",
        "anyio.pytest_plugin",
        product=PRODUCT,
    )
    result.assert_outcomes(passed=3, failed=2)


def test_classes_of_unittest(run: Run) -> None:
    """A TestCase gets the fixture by an autouse fixture, or by a mark alone."""
    result = run(
        """
        import unittest
        import anthropic, pytest, product

        class TestFixture(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _claude(self, claude):
                self.claude = claude

            def test_ok(self):
                self.claude.reply("hello")
                self.assertEqual(product.say(anthropic.Anthropic()), "hello")

            def test_unused(self):
                self.claude.reply("hello")

        @pytest.mark.claude()
        class TestMark(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                cls.client = anthropic.Anthropic()

            def test_ok(self):
                self.assertTrue(product.say(self.client))

            def test_again(self):
                self.assertTrue(product.say(self.client))
        """,
        product=PRODUCT,
    )
    result.assert_outcomes(passed=3, failed=1)


def test_every_test_can_be_watched(run: Run) -> None:
    """`--claude-all` needs no fixture: a suite that never mentions us is judged, and talks to the mock."""
    test = """
        import os
        import app, conftest

        MODULE_BASE = os.environ.get("ANTHROPIC_BASE_URL")

        def test_good():
            app.ask("hello")
            assert MODULE_BASE == conftest.BASE != None

        def test_bad():
            app.loses_a_result()
    """
    for options, ini in ((("--claude-all",), ""), ((), "claude_all = true")):
        conftest = "import os\nBASE = os.environ.get('ANTHROPIC_BASE_URL')"
        result = run(test, *options, ini=ini, conftest=conftest)
        result.assert_outcomes(passed=2)  # nothing is scripted, so no tool is called and no result is lost
        result.stdout.fnmatch_lines(["* 0 findings, * 3 exchanges in 2 tests, *"])


def test_late_requests_are_told_of(run: Run) -> None:
    """A thread that outlives its test cannot be stopped, but its requests are reported, and are not the next test's."""
    result = run(
        """
        import os, threading
        import app, httpx2

        go, done = threading.Event(), threading.Event()

        def late(url, body, headers):
            go.wait(10)
            httpx2.post(url + "/v1/messages", json=body, headers=headers)
            done.set()

        def test_first(claude):
            claude.reply("one")
            app.ask("one")
            threading.Thread(target=late, args=(claude.base_url, app.first(), app.headers())).start()

        def test_unwatched():
            go.set()
            assert done.wait(10)

        def test_second(claude):
            assert len(claude.exchanges) == 0
        """
    )
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["late *1 request was made after the end of test_it.py::test_first*"])
