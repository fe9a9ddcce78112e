"""The component checkers: plain functions that take what they check.

``check_claude_cli`` and ``check_authentication`` start the CLI, so only the monitor's
own thread calls them; ``check_api_server`` costs nothing and is called by every answer.
What they raise beyond the CLI's own failures is made a result in ``monitor.py``.
"""

import time
from collections.abc import Mapping
from pathlib import Path

from app.claude.errors import CliCrashed, CliGarbled, CliTimeout
from app.claude.login import Login, read_user
from app.claude.probe import LoginAnswer, ask_login, ask_version, has_auth_status
from app.claude.process import Run
from app.contract.codes import MEANINGS, Code, Status
from app.health.results import ApiServer, CliCheck, LoginCheck, Source
from app.serving import Serving


def check_claude_cli(cli: Path, run: Run) -> CliCheck:
    """See that the Claude CLI runs, and which version it is (``claude --version``)."""
    try:
        return CliCheck(version=ask_version(cli, run))
    except CliCrashed:
        return CliCheck(Code.CLI_FAILED)
    except CliGarbled:
        return CliCheck(Code.CLI_FAILED, conclusive=False)
    except CliTimeout:
        return CliCheck(Code.CLI_TIMEOUT, conclusive=False)


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


def check_api_server(serving: Serving, requests: int, errors: int) -> ApiServer:
    """Report the server's uptime, address and counts; healthy unless it is stopping."""
    code = Code.DRAINING if serving.draining else None
    return ApiServer(
        status=Status.UNHEALTHY if code else Status.HEALTHY,
        uptime_seconds=int(time.monotonic() - serving.started_at),
        host=serving.host,
        port=serving.port,
        requests_processed=requests,
        errors=errors,
        code=code,
        remedy=MEANINGS[code].remedy if code else None,
    )


def _believe_file(login: Login, environment: Mapping[str, str]) -> LoginCheck:
    method = login.method
    user = read_user(environment) if method else None
    answer = LoginAnswer(method is not None, method, user)
    return LoginCheck(answer, source=Source.STATIC)
