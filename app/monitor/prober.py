"""Inspects the disk and probes the CLI: a call each for the monitor's threads."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import structlog

from app.claude.environment import child_environment, probe_environment
from app.claude.locate import locate
from app.claude.login import Login, read_login
from app.claude.probe import Cli
from app.claude.process import Completed, run
from app.components.authentication import check_authentication
from app.components.claude_cli import check_claude_cli
from app.components.evidence import CliCheck, Facts, LoginCheck
from app.contract.codes import Code
from app.monitor.schedule import GIVEN_UP_AFTER
from config.settings import Settings

_GRACE = 0.5  # seconds in which a login file that is being rewritten may come back
_GLANCE = 0.02  # seconds between two readings of it
_FOLDER = Path("/")  # nobody removes it, it needs no room, only root puts things there

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Prober:
    """Inspects and probes on behalf of one monitor; keeps no state of its own."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock

    def inspect(self, before: Facts | None) -> Facts | None:
        """Read what the disk shows; None where even that fails.

        A login file that was whole ``before`` and is not now may just be being written:
        it is read again for half a second, which with the second between two
        inspections hides a logout for less than two.
        """
        return _guarded("inspection", lambda: self._settled(before), None)

    def probe(
        self,
        facts: Facts,
        given_up: Callable[[], bool],
        starting: Callable[[], None],
    ) -> tuple[CliCheck, LoginCheck]:
        """Ask the CLI both questions; ``starting`` is called before each.

        Once ``given_up`` says so, the question being asked is ended.
        """

        def run(command: Sequence[str]) -> Completed:
            starting()
            return self._run(command, given_up)

        if facts.location.path is None:
            return CliCheck(Code.CLI_NOT_FOUND), LoginCheck()
        cli = Cli(facts.location.path, run)
        check = self._timed(
            "claude_cli", lambda: check_claude_cli(cli), CliCheck(Code.CHECK_FAILED)
        )
        version = check.version
        if version is None:
            return check, LoginCheck()
        login = self._timed(
            "authentication",
            lambda: check_authentication(
                cli, version, facts.login, child_environment()
            ),
            LoginCheck(code=Code.CHECK_FAILED),
        )
        return check, login

    def _settled(self, before: Facts | None) -> Facts:
        facts = self._read_facts()
        until = self._clock() + _GRACE
        while before and _was_lost(before.login, facts.login) and self._clock() < until:
            time.sleep(_GLANCE)
            facts = self._read_facts()
        return facts

    def _read_facts(self) -> Facts:
        environment = child_environment()
        search_path, home = environment.get("PATH", ""), Path(environment["HOME"])
        location = locate(self._settings.claude_cli_path, search_path, home)
        return Facts(location, read_login(environment))

    def _run(self, command: Sequence[str], given_up: Callable[[], bool]) -> Completed:
        return run(
            command,
            environment=probe_environment(),
            folder=_FOLDER,
            deadline=GIVEN_UP_AFTER * self._settings.health_check_timeout,
            given_up=given_up,
        )

    def _timed(self, name: str, checker: Callable[[], T], failed: T) -> T:
        started = self._clock()
        check = _guarded(name, checker, failed)
        return replace(check, seconds=self._clock() - started)  # type: ignore[type-var]


def _was_lost(before: Login, now: Login) -> bool:
    was_whole = before.has_file and not before.damaged
    return was_whole and (not now.has_file or now.damaged is not None)


def _guarded(name: str, call: Callable[[], T], otherwise: T) -> T:
    """Call a checker; whatever it raises becomes a result, here and only here."""
    try:
        return call()
    except Exception:
        log.exception("health check raised", check=name)
        return otherwise
