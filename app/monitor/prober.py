"""Looks at the disk and asks the CLI: what the monitor's threads do, one call each."""

import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from app.claude.environment import child_environment, probe_environment
from app.claude.locate import locate
from app.claude.login import read_login
from app.claude.process import Completed, run
from app.components.authentication import check_authentication
from app.components.claude_cli import check_claude_cli
from app.components.evidence import CliCheck, Facts, LoginCheck
from app.contract.codes import Code
from app.monitor.store import boot_id
from config.settings import Settings

GIVEN_UP_AFTER = 3  # timeouts: a slow CLI is given time rather than killed half-way
_SUBJECT = ("PATH", "HOME", "CLAUDE_CONFIG_DIR")

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Prober:
    """Looks and asks on behalf of one monitor; keeps no state of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.state_dir / "empty"

    def subject(self) -> str:
        """Name what is checked, and how: those with the same name may share a verdict.

        Values of secrets are not part of it, only which of the variables are set.
        """
        environment = child_environment()
        settings = self._settings
        parts = [
            boot_id(),
            str(os.getuid()),
            str(settings.claude_cli_path),
            f"{settings.health_check_interval} {settings.health_check_timeout}",
            *(environment.get(name, "") for name in _SUBJECT),
            *sorted(environment),
        ]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def look(self) -> Facts | None:
        """Read what the disk shows; None where even that fails."""
        return _guarded("look", self._read_facts, None)

    def ask(
        self,
        facts: Facts,
        given_up: Callable[[], bool],
        starting: Callable[[], None],
    ) -> tuple[CliCheck, LoginCheck]:
        """Ask the CLI both questions; ``starting`` is called before each.

        Once ``given_up`` says so, the question being asked is ended.
        """
        path = facts.location.path
        if path is None:
            return CliCheck(Code.CLI_NOT_FOUND), LoginCheck()
        run = partial(self._run, given_up, starting)
        cli = _timed(
            "claude_cli",
            lambda: check_claude_cli(path, run),
            CliCheck(Code.CHECK_FAILED),
        )
        version = cli.version
        if version is None:
            return cli, LoginCheck()
        environment: Mapping[str, str] = child_environment()
        login = _timed(
            "authentication",
            lambda: check_authentication(path, version, facts.login, environment, run),
            LoginCheck(code=Code.CHECK_FAILED),
        )
        return cli, login

    def _read_facts(self) -> Facts:
        environment = child_environment()
        search_path, home = environment.get("PATH", ""), Path(environment["HOME"])
        location = locate(self._settings.claude_cli_path, search_path, home)
        return Facts(location, read_login(environment))

    def _run(
        self,
        given_up: Callable[[], bool],
        starting: Callable[[], None],
        command: Sequence[str],
    ) -> Completed:
        starting()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return run(
            command,
            environment=probe_environment(),
            folder=self._folder,
            deadline=GIVEN_UP_AFTER * self._settings.health_check_timeout,
            given_up=given_up,
        )


def _timed(name: str, checker: Callable[[], T], failed: T) -> T:
    started = time.monotonic()
    check = _guarded(name, checker, failed)
    return replace(check, seconds=time.monotonic() - started)  # type: ignore[type-var]


def _guarded(name: str, call: Callable[[], T], otherwise: T) -> T:
    """Call a checker; whatever it raises becomes a result, here and only here."""
    try:
        return call()
    except Exception:
        log.exception("health check raised", check=name)
        return otherwise
