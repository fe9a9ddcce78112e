"""The thread that keeps the health true, and what every answer is read from.

One thread a process. In the process that leads, it inspects cheap facts every second
and has the CLI probed, in a second thread, when that is due; never a second time beside
the first. In the others it reads what the leader wrote.
Answers read one frozen ``Health``; no request starts or waits for anything.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from app.components.evidence import Evidence
from app.contract.codes import Code
from app.monitor import schedule, verdict
from app.monitor.prober import Prober
from app.monitor.report import Report, report_health
from app.monitor.shared import Shared
from app.monitor.state import Change, Health
from app.monitor.store import Store
from app.monitor.subject import subject
from app.runtime import Runtime
from config.settings import Settings

INSPECT_EVERY = 1.0  # seconds: half of what a removed CLI may take to show
POLL_EVERY = 0.2  # seconds between two readings of what the leader wrote
_REPORT_LASTS = 0.5  # seconds, so that its timestamp is right to the second
_ADOPTED_WITHIN = 0.5  # seconds, of a start
_TRY_AGAIN = 0.02  # seconds
_ENDED_AFTER = 2.0  # seconds, for a question about a login that has changed since

log = structlog.get_logger(__name__)


class Monitor:
    """Keeps the health of one Claude CLI up to date in the background."""

    def __init__(
        self,
        settings: Settings,
        runtime: Runtime,
        on_change: Callable[[Change], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the settings; nothing runs before ``ensure_running`` or ``check``.

        ``on_change`` hears of the transitions that this process has found.
        """
        self.interval = settings.health_check_interval
        self.timeout = settings.health_check_timeout
        self.longest_age = schedule.longest_age(self.interval, self.timeout)
        self._runtime = runtime
        self._clock = clock
        self._prober = Prober(settings, clock)
        self._shared = Shared(Store(settings.state_dir, subject(settings)), clock)
        self._on_change = on_change
        self._start = threading.Lock()
        self._changing = threading.Lock()
        self._stopped = threading.Event()
        self._watcher: threading.Thread | None = None
        self._probing: threading.Thread | None = None
        self._question_at = 0.0
        self._counted = 0
        self._inspect_at = 0.0
        self._health = verdict.starting(clock(), datetime.now(UTC))
        self._report: tuple[Health, bool, float, Report | None]
        self._report = (self._health, False, 0.0, None)

    def report(self) -> Report:
        """Return the report every answer is written from, made twice a second.

        Asking keeps the background check running, in a forked process too.
        """
        if not self._stopped.is_set():
            self.ensure_running()
            if not self._shared.leads:
                self._sync()
        health, at, draining = self._health, self._clock(), self._runtime.draining
        known, drained, until, report = self._report
        if not report or known is not health or drained is not draining or at >= until:
            report = self._report_now()
            self._report = (health, draining, at + _REPORT_LASTS, report)
        return report

    def report_at_hand(self) -> Report | None:
        """Return the last report while it holds: nothing is read, nobody waited for."""
        health, drained, until, report = self._report
        holds = drained is self._runtime.draining and self._clock() < until
        return report if holds and health is self._health else None

    def ensure_running(self) -> None:
        """Start the background check unless it runs: after a fork it does not."""
        if self._is_watching():
            return
        with self._start:
            if not self._is_watching():
                self._adopt()
                self._watcher = threading.Thread(
                    target=self._watch, name="health-monitor", daemon=True
                )
                self._watcher.start()

    def stop(self) -> None:
        """End the background check, and the child it may be waiting for.

        The thread closes what is shared behind itself; where there is none, we do.
        """
        self._stopped.set()
        if not self._is_watching():
            self._stop_sharing()

    def check(self) -> Report:
        """Check once, here and now, and report: for the command line.

        What others share is neither read nor written, now and in later reports.
        """
        evidence = self._inspect()
        while evidence.cli_found:
            self._probe(evidence)
            evidence = self._health.evidence
            if evidence.doubts != 1:
                break  # a first inconclusive check is tried once more
        self.stop()
        return self._report_now()

    def tick(self) -> None:
        """Do what is due now: inspect and probe where we lead, else read."""
        leads = self._shared.try_to_lead()
        if not leads:
            self._sync()
        if self._shared.problem:
            self._shared.publish(self._health)  # what failed may go through now
        if (leads or self._shared.silent) and self._clock() >= self._inspect_at:
            self._inspect_at = self._clock() + INSPECT_EVERY
            self._inspect_and_probe()

    def _watch(self) -> None:
        while not self._stopped.is_set():
            self.tick()
            self._stopped.wait(min(POLL_EVERY, INSPECT_EVERY))
        self._stop_sharing()

    def _is_watching(self) -> bool:
        return self._watcher is not None and self._watcher.is_alive()

    def _stop_sharing(self) -> None:
        with self._changing:  # an answer that comes now is not written any more
            self._shared.stop()

    def _adopt(self) -> None:
        """Begin with what another process knew a moment ago, if there is such.

        A file that somebody is just writing to is tried again: a worker that replaces
        another one would say that it is starting, although the health is known.
        """
        until = self._clock() + _ADOPTED_WITHIN
        self._sync()
        while self._shared.problem and self._clock() < until:
            time.sleep(_TRY_AGAIN)
            self._sync()

    def _sync(self) -> None:
        """Read what the leader wrote, if that is news."""
        if health := self._shared.sync_from_leader():
            self._health = health

    def _inspect_and_probe(self) -> None:
        evidence = self._inspect()
        if self._probing is not None and self._probing.is_alive():
            self._count_doubts()
        elif evidence.cli_found and schedule.check_is_due(
            evidence, self._clock(), self.interval
        ):
            self._note_question()
            self._probing = threading.Thread(
                target=self._probe, args=(evidence,), name="health-probe", daemon=True
            )
            self._probing.start()

    def _inspect(self) -> Evidence:
        facts = self._prober.inspect(self._health.evidence.facts)
        self._update(lambda *when: verdict.after_inspection(self._health, facts, *when))
        return self._health.evidence

    def _probe(self, asked: Evidence) -> None:
        if (facts := asked.facts) is None:
            return
        cli, login = self._prober.probe(
            facts, lambda: self._is_pointless(asked), self._note_question
        )
        self._update(
            lambda *when: verdict.after_check(self._health, asked, cli, login, *when)
        )

    def _is_pointless(self, asked: Evidence) -> bool:
        """Tell whether the present question may be ended, its answer being void.

        A question about a login that has changed may be about to answer all the same:
        only one that hangs is ended.
        """
        now, then = self._health.evidence.facts, asked.facts
        if self._stopped.is_set() or now is None or then is None:
            return self._stopped.is_set()
        if now.location.identity != then.location.identity:
            return True
        changed = now.login.identity != then.login.identity
        return changed and self._clock() - self._question_at >= _ENDED_AFTER

    def _note_question(self) -> None:
        self._question_at, self._counted = self._clock(), 0

    def _count_doubts(self) -> None:
        waited = self._clock() - self._question_at
        due = schedule.doubts_due(self._health.evidence, waited, self.timeout)
        if due > self._counted:
            self._counted = due
            code = Code.CLI_TIMEOUT
            self._update(lambda *when: verdict.after_doubt(self._health, code, *when))

    def _update(self, change: Callable[[float, datetime], Health]) -> None:
        """Move to the next state, tell of what changed, and share it if we lead."""
        with self._changing:
            before, now = self._health, datetime.now(UTC)
            self._health = after = change(self._clock(), now)
            self._shared.publish(after)
        for each in verdict.changes_between(before, after, now):
            self._on_change(each)
            log.log(
                logging.WARNING if each.after else logging.INFO,
                "health changed",
                component=each.component,
                before=each.before or "healthy",
                after=each.after or "healthy",
            )

    def _report_now(self) -> Report:
        return report_health(
            self._health,
            self._clock(),
            self.longest_age,
            draining=self._runtime.draining,
            warnings=self._shared.warnings,
        )
