"""When checks run, who runs them, and what every answer is read from.

One thread looks at cheap facts every second. It has the CLI asked, in a second thread,
when something changed or the interval is over, and never a second time beside the
first. Answers read one frozen ``Health``; no request starts or waits for anything.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from app.claude.environment import child_environment, probe_environment
from app.claude.locate import Identity, locate
from app.claude.login import read_login
from app.claude.process import Completed, run
from app.health import verdict
from app.health.checkers import check_authentication, check_claude_cli
from app.health.codes import Code
from app.health.report import Report, report_health
from app.health.results import CliCheck, Facts, Health, LoginCheck
from config.settings import Settings

LOOK_EVERY = 1.0  # seconds: half of what a removed CLI may take to show
_GIVEN_UP_AFTER = 3  # timeouts: a slow CLI is given time rather than killed half-way
_REPORT_LASTS = 0.5  # seconds, so that its timestamp is right to the second
_RETRY_AFTER = 1.0  # seconds, while the CLI has not yet been found out about

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Monitor:
    """Keeps the health of one Claude CLI up to date in the background."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings; nothing runs before ``ensure_running`` or ``check``."""
        self.interval = settings.health_check_interval
        self.timeout = settings.health_check_timeout
        # Never stale while a check may still be on its way to being inconclusive.
        self.longest_age = max(3 * self.interval, self.interval + 2 * self.timeout)
        self._configured = settings.claude_cli_path
        self._folder = settings.state_dir / "empty"
        self._start = threading.Lock()
        self._change = threading.Lock()
        self._stopped = threading.Event()
        self._watcher: threading.Thread | None = None
        self._prober: threading.Thread | None = None
        self._asked_at = 0.0
        self._due_at = 0.0
        self._overdue = 0
        self._health = verdict.starting(time.monotonic(), datetime.now(UTC))
        self._report: tuple[Health, float, Report | None] = (self._health, 0.0, None)

    def report(self) -> Report:
        """Return the report every answer is written from, made once a second.

        Asking keeps the background check running, in a forked process too.
        """
        self.ensure_running()
        health, at = self._health, time.monotonic()
        known, until, report = self._report
        if report is None or known is not health or at >= until:
            report = report_health(health, at, self.longest_age)
            self._report = (health, at + _REPORT_LASTS, report)
        return report

    def ensure_running(self) -> None:
        """Start the background check unless it runs: after a fork it does not."""
        if self._watcher is not None and self._watcher.is_alive():
            return
        with self._start:
            if self._watcher is None or not self._watcher.is_alive():
                self._watcher = threading.Thread(
                    target=self._watch, name="health-monitor", daemon=True
                )
                self._watcher.start()

    def stop(self) -> None:
        """End the background check, and the child it may be waiting for."""
        self._stopped.set()

    def check(self) -> Report:
        """Check once, here and now, and report: for the command line."""
        facts = self._look()
        while facts and facts.location.path:
            self._probe(facts)
            if self._health.evidence.doubts != 1:
                break  # a first inconclusive check is tried once more
        return report_health(self._health, time.monotonic(), self.longest_age)

    def tick(self) -> None:
        """Look once; have the CLI asked where that is due and nobody is at it."""
        facts = self._look()
        if self._prober is not None and self._prober.is_alive():
            self._count_overdue()
        elif facts and facts.location.path and time.monotonic() >= self._due_at:
            self._asked_at, self._overdue = time.monotonic(), 0
            self._prober = threading.Thread(
                target=self._probe, args=(facts,), name="health-probe", daemon=True
            )
            self._prober.start()

    def _watch(self) -> None:
        self.tick()
        while not self._stopped.wait(LOOK_EVERY):
            self.tick()

    def _look(self) -> Facts | None:
        facts = self._guarded("look", self._read_facts, None)
        before = self._health.evidence.facts
        if facts and not (before and _same(facts, before)):
            self._due_at = 0.0
        self._update(lambda *when: verdict.after_look(self._health, facts, *when))
        return facts

    def _read_facts(self) -> Facts:
        environment = child_environment()
        search_path = environment.get("PATH", "")
        location = locate(self._configured, search_path, Path(environment["HOME"]))
        return Facts(location, read_login(environment))

    def _probe(self, facts: Facts) -> None:
        """Ask the CLI both questions; an answer about what has gone since is void."""
        cli, login = self._ask(facts)
        present = self._health.evidence.facts
        if not (present and _same(facts, present)):
            self._due_at = 0.0
            return
        self._update(lambda *when: verdict.after_check(self._health, cli, login, *when))
        again = _RETRY_AFTER if self._health.evidence.doubts == 1 else self.interval
        self._due_at = time.monotonic() + again

    def _ask(self, facts: Facts) -> tuple[CliCheck, LoginCheck]:
        path, identity = facts.location.path, facts.location.identity
        if path is None:
            return CliCheck(Code.CLI_NOT_FOUND), LoginCheck()
        ask = partial(self._run, identity)
        cli = self._guarded(
            "claude_cli",
            lambda: check_claude_cli(path, ask),
            CliCheck(Code.CHECK_FAILED),
        )
        version = cli.version
        if version is None:
            return cli, LoginCheck()
        login = self._guarded(
            "authentication",
            lambda: check_authentication(
                path, version, facts.login, child_environment(), ask
            ),
            LoginCheck(code=Code.CHECK_FAILED),
        )
        return cli, login

    def _run(self, identity: Identity, command: Sequence[str]) -> Completed:
        """Run a probe; one of a CLI that has been replaced meanwhile is given up."""

        def given_up() -> bool:
            facts = self._health.evidence.facts
            gone = facts is None or facts.location.identity != identity
            return gone or self._stopped.is_set()

        self._asked_at, self._overdue = time.monotonic(), 0
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return run(
            command,
            environment=probe_environment(),
            folder=self._folder,
            deadline=_GIVEN_UP_AFTER * self.timeout,
            given_up=given_up,
        )

    def _count_overdue(self) -> None:
        overdue = int((time.monotonic() - self._asked_at) / self.timeout)
        if overdue > self._overdue:
            self._overdue = overdue
            code = Code.CLI_TIMEOUT
            self._update(lambda *when: verdict.after_doubt(self._health, code, *when))

    def _update(self, change: Callable[[float, datetime], Health]) -> None:
        with self._change:
            before = self._health
            self._health = change(time.monotonic(), datetime.now(UTC))
        _log_transitions(before, self._health)

    def _guarded(self, check: str, call: Callable[[], T], otherwise: T) -> T:
        """Call a checker; whatever it raises becomes a result, here and only here."""
        try:
            return call()
        except Exception:
            log.exception("health check raised", check=check)
            return otherwise


def _same(facts: Facts, other: Facts) -> bool:
    return (facts.location.identity, facts.login.identity) == (
        other.location.identity,
        other.login.identity,
    )


def _log_transitions(before: Health, after: Health) -> None:
    for component in ("cli", "authentication"):
        was, now = getattr(before, component).code, getattr(after, component).code
        if was != now:
            log.log(
                logging.WARNING if now else logging.INFO,
                "health changed",
                component="claude_cli" if component == "cli" else component,
                before=was or "healthy",
                after=now or "healthy",
            )
