"""The two questions, and every answer that is not one."""

from pathlib import Path

import pytest

from app.claude.errors import CliCrashed, CliGarbled
from app.claude.probe import LoginAnswer, ask_login, ask_version, has_auth_status
from app.claude.process import Completed

CLI = Path("/c/claude")


def said(output: bytes, exit_code: int = 0):
    return lambda command: Completed(exit_code, output)


def test_the_version_is_the_first_word():
    assert ask_version(CLI, said(b"2.1.330 (Claude Code)\n")) == "2.1.330"


@pytest.mark.parametrize("output", [b"", b"???", b"\xff\xfe", b"Claude Code\n"])
def test_a_version_that_is_none_is_garbled(output):
    with pytest.raises(CliGarbled):
        ask_version(CLI, said(output))


def test_a_failing_version_is_a_crash():
    with pytest.raises(CliCrashed):
        ask_version(CLI, said(b"2.1.330\n", 1))


def test_the_login_is_read_with_its_method_and_user():
    output = b'{"loggedIn":true,"authMethod":"claude.ai","email":"user@example.com"}'
    expected = LoginAnswer(True, "claude.ai", "user@example.com")
    assert ask_login(CLI, said(output)) == expected


def test_not_logged_in_has_exit_code_1_and_is_an_answer():
    output = b'{"loggedIn":false,"authMethod":"none"}'
    assert ask_login(CLI, said(output, 1)) == LoginAnswer(False, "none")


@pytest.mark.parametrize(
    "output", [b"", b"Not logged in", b"[1]", b"{}", b'{"loggedIn":"yes"}', b"null"]
)
def test_anything_else_is_garbled(output):
    with pytest.raises(CliGarbled):
        ask_login(CLI, said(output))


def test_a_failure_without_an_answer_is_a_crash():
    with pytest.raises(CliCrashed):
        ask_login(CLI, said(b"Claude configuration file is corrupted", 1))


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
