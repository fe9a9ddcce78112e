"""The check of the login: it works, it fails, it does not answer."""

from pathlib import Path

import pytest

from app.claude.login import Login, Method
from app.claude.probe import Cli
from app.components.authentication import check_authentication
from app.components.evidence import Source
from app.contract.codes import Code
from tests.support.answers import killed, said, silent


def test_the_cli_is_asked_for_its_login():
    cli = said(b'{"loggedIn":true,"authMethod":"api_key"}')
    check = check_authentication(cli, "2.1.330", Login(), {})
    assert check.answer.method == "api_key"
    assert check.source == Source.PROBE


@pytest.mark.parametrize(
    ("cli", "code", "conclusive"),
    [
        (said(b"", 70), Code.CLI_FAILED, True),
        (said(b"???"), Code.CLI_FAILED, False),
        (killed(), Code.CLI_FAILED, False),
        (silent(), Code.CLI_TIMEOUT, False),
    ],
)
def test_a_login_that_cannot_be_asked_for(cli, code, conclusive):
    check = check_authentication(cli, "2.1.330", Login(), {})
    assert (check.answer, check.code, check.conclusive) == (None, code, conclusive)


@pytest.mark.parametrize("login", [Login(), Login(Method.CLAUDE_AI)])
def test_an_old_cli_is_not_asked_and_its_file_is_believed(login):
    def never(command: object) -> None:
        raise AssertionError("an old CLI sends these words to the model")

    cli = Cli(Path("/c/claude"), never)
    check = check_authentication(cli, "2.1.40", login, {})
    assert check.answer.logged_in is (login.method is not None)
    assert check.source == Source.STATIC
