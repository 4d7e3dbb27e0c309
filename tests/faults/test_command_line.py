"""Faults from the command line."""

import subprocess
import sys

import pytest

from claudemock.control.client import MockServer
from tests.meta.serving import checkout_environment, serving
from tests.wire_client import ask


def test_faults_are_armed_from_the_start() -> None:
    """Each `--fault` is armed in every scope, in order."""
    with serving(
        "--fault", "overloaded times=2 retry_after=3", "--fault", "api_error", env=checkout_environment()
    ) as run:
        server = MockServer(run.url)
        for scope in (server, server.scope("other")):
            answers = [ask(scope) for _ in range(4)]
            assert [answer.status for answer in answers] == [529, 529, 500, 200]
            assert answers[0].headers["retry-after"] == "3"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("overlaoded", "claudemock: fault: 'overlaoded' is not a fault; did you mean overloaded?"),
        ("overloaded times=0", "claudemock: times: Input should be greater than or equal to 1"),
        ("overloaded after_event=1", "claudemock: after_event: overloaded has no such parameter; it takes status,"),
    ],
)
def test_a_wrong_fault_is_refused_at_once(fault: str, message: str) -> None:
    """The command ends with the reason."""
    command = [sys.executable, "-m", "claudemock", "serve", "--port", "0", "--fault", fault]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=checkout_environment())
    assert done.returncode == 1
    assert done.stderr.startswith(message)
