"""Each checker: it works, it fails, it does not answer."""

from pathlib import Path

import pytest

from app.claude.errors import CliTimeout
from app.claude.login import Login, Method
from app.claude.process import Completed
from app.components.api_server import check_api_server
from app.components.authentication import check_authentication
from app.components.claude_cli import check_claude_cli
from app.components.evidence import Source
from app.contract.codes import Code, Status
from app.runtime import Runtime

CLI = Path("/c/claude")


def said(output: bytes, exit_code: int = 0):
    return lambda command: Completed(exit_code, output)


def silent(command: list[str]) -> Completed:
    raise CliTimeout


def test_a_cli_that_tells_its_version_works():
    check = check_claude_cli(CLI, said(b"2.1.330 (Claude Code)"))
    assert (check.code, check.version) == (None, "2.1.330")


@pytest.mark.parametrize(
    ("run", "code", "conclusive"),
    [
        (said(b"", 70), Code.CLI_FAILED, True),
        (said(b"???"), Code.CLI_FAILED, False),
        (silent, Code.CLI_TIMEOUT, False),
    ],
)
def test_a_cli_that_does_not_work(run, code, conclusive):
    check = check_claude_cli(CLI, run)
    assert (check.code, check.conclusive) == (code, conclusive)


def test_the_cli_is_asked_for_its_login():
    run = said(b'{"loggedIn":true,"authMethod":"api_key"}')
    check = check_authentication(CLI, "2.1.330", Login(), {}, run)
    assert check.answer.method == "api_key"
    assert check.source == Source.PROBE


@pytest.mark.parametrize(
    ("run", "code", "conclusive"),
    [
        (said(b"", 70), Code.CLI_FAILED, True),
        (said(b"???"), Code.CLI_FAILED, False),
        (silent, Code.CLI_TIMEOUT, False),
    ],
)
def test_a_login_that_cannot_be_asked_for(run, code, conclusive):
    check = check_authentication(CLI, "2.1.330", Login(), {}, run)
    assert (check.answer, check.code, check.conclusive) == (None, code, conclusive)


@pytest.mark.parametrize("login", [Login(), Login(Method.CLAUDE_AI)])
def test_an_old_cli_is_not_asked_and_its_file_is_believed(login):
    def never(command: list[str]) -> Completed:
        raise AssertionError("an old CLI sends these words to the model")

    check = check_authentication(CLI, "2.1.40", login, {}, never)
    assert check.answer.logged_in is (login.method is not None)
    assert check.source == Source.STATIC


def test_a_server_told_to_stop_is_draining():
    server = check_api_server(Runtime("::1", 1, drain_flag=bytearray([1])), 0, 0)
    assert (server.status, server.code) == (Status.UNHEALTHY, Code.DRAINING)


def test_the_server_reports_its_address_and_counts():
    server = check_api_server(Runtime("127.0.0.1", 8000), 1250, 3)
    assert server.status == Status.HEALTHY
    assert (server.host, server.port) == ("127.0.0.1", 8000)
    assert (server.requests_processed, server.errors) == (1250, 3)
