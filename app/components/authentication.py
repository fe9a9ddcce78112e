"""The CLI's login: whether there is one, and whose."""

from collections.abc import Mapping
from pathlib import Path

from app.claude.errors import CliCrashed, CliGarbled, CliTimeout
from app.claude.login import Login, read_user
from app.claude.probe import LoginAnswer, ask_login, has_auth_status
from app.claude.process import Run
from app.components.evidence import LoginCheck, Source
from app.contract.codes import Code


def check_authentication(
    cli: Path, version: str, login: Login, environment: Mapping[str, str], run: Run
) -> LoginCheck:
    """Ask the CLI for its login (``claude auth status``, which uses no network here).

    A CLI before 2.1.41 has no such command; there its login file has to be believed.
    """
    if not has_auth_status(version):
        return _believe_file(login, environment)
    try:
        return LoginCheck(ask_login(cli, run))
    except CliCrashed:
        return LoginCheck(code=Code.CLI_FAILED)
    except CliGarbled:
        return LoginCheck(code=Code.CLI_FAILED, conclusive=False)
    except CliTimeout:
        return LoginCheck(code=Code.CLI_TIMEOUT, conclusive=False)


def _believe_file(login: Login, environment: Mapping[str, str]) -> LoginCheck:
    method = login.method
    user = read_user(environment) if method else None
    answer = LoginAnswer(method is not None, method, user)
    return LoginCheck(answer, source=Source.STATIC)
