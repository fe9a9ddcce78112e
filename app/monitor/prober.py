"""Inspects the disk and probes the CLI: a call each for the monitor's threads."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import structlog

from app.claude.environment import child_environment, probe_environment
from app.claude.locate import Location, locate
from app.claude.login import read_login
from app.claude.policy import policy_identity
from app.claude.probe import Cli
from app.claude.process import Completed, run
from app.components.authentication import check_authentication
from app.components.claude_cli import check_claude_cli, check_exactness
from app.components.evidence import CliCheck, Facts, LoginCheck
from app.contract.codes import Code
from app.monitor.schedule import GIVEN_UP_AFTER
from config.settings import Settings

_GRACE = 0.5  # seconds in which a file that is being replaced may come back
_GLANCE = 0.02  # seconds between two looks for it
_RESTS = 0.3  # seconds since its last write, after which a CLI is taken for whole
_FOLDER = Path("/")  # nobody removes it, it needs no room, only root puts things there

T = TypeVar("T")
# Returns once requests of this CLI, of this version, are known to be sent exactly; what
# it is given last says whether the answer is still of use.
Require = Callable[[Path, str, Callable[[], bool]], None]
log = structlog.get_logger(__name__)


class Prober:
    """Inspects and probes on behalf of one monitor; keeps no state of its own."""

    def __init__(
        self, settings: Settings, clock: Callable[[], float], require: Require
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._require = require

    def inspect(self, before: Facts | None) -> Facts | None:
        """Read what the disk shows; None where even that fails.

        A login file or a CLI that was whole ``before`` and is not now may just be being
        replaced: it is looked for again for half a second, which with the second
        between two inspections hides its end for less than two. A CLI that is being
        written is not looked at yet: half of it proves nothing.
        """
        return _guarded("inspection", lambda: self._settled(before), None)

    def probe(
        self,
        facts: Facts,
        given_up: Callable[[], bool],
        starting: Callable[[], None],
    ) -> tuple[CliCheck, LoginCheck]:
        """Ask the CLI both questions; ``starting`` is called before each.

        Then wait for the self-test, which the pool may have begun beside them.
        Once ``given_up`` says so, the question being asked is ended.
        """

        def run(command: Sequence[str]) -> Completed:
            starting()
            return self._run(command, given_up)

        path = facts.location.path
        if path is None:
            return CliCheck(Code.CLI_NOT_FOUND), LoginCheck()
        cli = Cli(path, run)
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
        starting()
        proven = _guarded(
            "self-test",
            lambda: check_exactness(
                check, lambda version: self._require(path, version, given_up)
            ),
            replace(check, code=Code.CHECK_FAILED),
        )
        return proven, login

    def has_another(self, facts: Facts) -> bool:
        """Tell whether the CLI is another file by now, or none."""
        found = _guarded("inspection", self._read_facts, facts)
        return found.location.identity != facts.location.identity

    def _settled(self, before: Facts | None) -> Facts:
        facts = self._read_facts()
        until = self._clock() + _GRACE
        while before and _was_lost(before, facts) and self._clock() < until:
            time.sleep(_GLANCE)
            facts = self._read_facts()
        if before and _is_being_written(before.location, facts.location):
            facts = replace(facts, location=before.location)
        return facts

    def _read_facts(self) -> Facts:
        environment = child_environment()
        search_path, home = environment.get("PATH", ""), Path(environment["HOME"])
        location = locate(self._settings.claude_cli_path, search_path, home)
        return Facts(location, read_login(environment), policy_identity())

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


def _was_lost(before: Facts, now: Facts) -> bool:
    cli_is_gone = now.location.path is None and now.location.unusable is None
    if before.location.path and cli_is_gone:
        return True
    was_whole = before.login.has_file and not before.login.damaged
    return was_whole and (not now.login.has_file or now.login.damaged is not None)


def _is_being_written(before: Location, now: Location) -> bool:
    place = now.path or now.unusable
    if not (before.path and place) or now.identity == before.identity:
        return False
    try:
        age = time.time() - place.stat().st_mtime
    except OSError:  # the next look says what has become of it
        return False
    return 0 <= age < _RESTS


def _guarded(name: str, call: Callable[[], T], otherwise: T) -> T:
    """Call a checker; whatever it raises becomes a result, here and only here."""
    try:
        return call()
    except Exception:
        log.exception("health check raised", check=name)
        return otherwise
