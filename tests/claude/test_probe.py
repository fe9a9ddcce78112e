"""The two questions, and every answer that is not one."""

from pathlib import Path

import pytest

from app.claude.errors import CliCrashed, CliGarbled, CliInterrupted
from app.claude.probe import Cli, LoginAnswer, has_auth_status
from app.claude.process import Completed


def said(output: bytes, exit_code: int = 0) -> Cli:
    return Cli(Path("/c/claude"), lambda command: Completed(exit_code, output))


def test_the_version_is_the_first_word():
    assert said(b"2.1.330 (Claude Code)\n").version() == "2.1.330"


@pytest.mark.parametrize("output", [b"", b"???", b"\xff\xfe", b"Claude Code\n"])
def test_a_version_that_is_none_is_garbled(output):
    with pytest.raises(CliGarbled):
        said(output).version()


def test_a_failing_version_is_a_crash():
    with pytest.raises(CliCrashed):
        said(b"2.1.330\n", 1).version()


def test_the_login_is_read_with_its_method_and_user():
    output = b'{"loggedIn":true,"authMethod":"claude.ai","email":"user@example.com"}'
    expected = LoginAnswer(True, "claude.ai", "user@example.com")
    assert said(output).login() == expected


def test_not_logged_in_has_exit_code_1_and_is_an_answer():
    output = b'{"loggedIn":false,"authMethod":"none"}'
    assert said(output, 1).login() == LoginAnswer(False, "none")


@pytest.mark.parametrize(
    "output", [b"", b"Not logged in", b"[1]", b"{}", b'{"loggedIn":"yes"}', b"null"]
)
def test_anything_else_is_garbled(output):
    with pytest.raises(CliGarbled):
        said(output).login()


def test_a_failure_without_an_answer_is_a_crash():
    with pytest.raises(CliCrashed):
        said(b"Claude configuration file is corrupted", 1).login()


@pytest.mark.parametrize("exit_code", [137, 139, 75])
def test_a_child_that_was_killed_or_is_being_written_was_interrupted(exit_code):
    with pytest.raises(CliInterrupted):
        said(b"", exit_code).version()
    with pytest.raises(CliInterrupted):
        said(b"", exit_code).login()


@pytest.mark.parametrize(
    ("version", "knows"),
    [
        ("2.1.41", True),
        ("2.1.330", True),
        ("3.0.0", True),
        ("2.1.40", False),
        ("1.0.100", False),
        ("garbage", False),
    ],
)
def test_older_clis_are_not_asked_for_their_login(version, knows):
    assert has_auth_status(version) is knows
