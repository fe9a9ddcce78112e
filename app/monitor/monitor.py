"""The thread that keeps the health true, and what every answer is read from.

One thread a process. In the process that leads, it inspects cheap facts every second
and has the CLI probed, in a second thread, when that is due; never a second time beside
the first. In the others it reads what the leader wrote. What a request ended with is
taken in by the process that served it, at once, and by the leader for all others.
Answers read one frozen ``Health``; no request starts or waits for anything.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from app.components.evidence import Traffic
from app.monitor import schedule, verdict
from app.monitor.checks import Checks, Step
from app.monitor.prober import Prober, Require
from app.monitor.report import Report, report_health
from app.monitor.shared import Shared
from app.monitor.state import Change, Health
from app.monitor.store import Store
from app.monitor.subject import subject
from app.monitor.tally import Tally
from app.pool.outcome import Outcome
from app.runtime import Runtime
from config.settings import Settings

INSPECT_EVERY = 1.0  # seconds: half of what a removed CLI may take to show
POLL_EVERY = 0.2  # seconds between two readings of what the leader wrote
_REPORT_LASTS = 0.5  # seconds, so that its timestamp is right to the second
_ADOPTED_WITHIN = 0.5  # seconds, of a start
_TRY_AGAIN = 0.02  # seconds

OnLook = Callable[[Report, bool], None]

log = structlog.get_logger(__name__)


class Monitor:
    """Keeps the health of one Claude CLI up to date in the background."""

    def __init__(
        self,
        settings: Settings,
        runtime: Runtime,
        on_change: Callable[[Change], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        require: Require = lambda *_: None,
        on_look: OnLook = lambda *_: None,
    ) -> None:
        """Take the settings; nothing runs before ``ensure_running`` or ``check``.

        ``on_change`` hears of the transitions that this process has found; ``require``
        shows that requests are sent exactly; ``on_look`` is given the report each
        second, and whether this process is the one that probes.
        """
        self.interval = settings.health_check_interval
        self.timeout = settings.health_check_timeout
        self.longest_age = schedule.longest_age(self.interval, self.timeout)
        self._runtime = runtime
        self._clock = clock
        store = Store(settings.state_dir, subject(settings))
        self._shared = Shared(store, clock)
        self._tally = Tally(store, clock)
        self._on_change, self._on_look = on_change, on_look
        self._start = threading.Lock()
        self._changing = threading.Lock()
        self._stopped = threading.Event()
        self._watcher: threading.Thread | None = None
        self._inspect_at = self._look_at = 0.0
        self._health = verdict.starting(clock(), datetime.now(UTC))
        self._checks = Checks(
            Prober(settings, clock, require),
            clock,
            interval=self.interval,
            timeout=self.timeout,
            health=lambda: self._health,
            update=self._update,
            stopped=self._stopped.is_set,
        )
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

    def take_in(self, outcome: Outcome) -> None:
        """Take what a request ended with as evidence: the next answer goes by it."""
        if traffic := self._tally.take_in(outcome, self._health.evidence):
            self._learn(traffic)

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
        evidence = self._checks.inspect()
        while evidence.cli_found:
            self._checks.probe(evidence)
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
        elif traffic := self._tally.news():
            self._learn(traffic)
        self._tally.write_again()
        if self._shared.problem:
            self._shared.publish(self._health)  # what failed may go through now
        if (leads or self._shared.silent) and self._clock() >= self._inspect_at:
            self._inspect_at = self._clock() + INSPECT_EVERY
            self._checks.inspect_and_probe()
        if self._clock() >= self._look_at:
            self._look_at = self._clock() + INSPECT_EVERY
            self._tell_of_look(leads)

    def _tell_of_look(self, leads: bool) -> None:
        try:
            self._on_look(self._report_now(), leads)
        except Exception:  # who writes it down must not end who looks
            log.exception("look not noted")

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
            self._tally.adopt(health.evidence.traffic)
            with self._changing:  # the leader may not have heard yet what we have seen
                self._health = self._knowing(health, self._tally.latest)

    def _learn(self, traffic: Traffic) -> None:
        """Go by this traffic; a follower leaves it to the leader to tell of changes."""
        if self._shared.leads or self._shared.silent:
            self._update(
                lambda health, *when: verdict.after_traffic(health, traffic, *when)
            )
        else:
            with self._changing:
                self._health = self._knowing(self._health, traffic)

    def _knowing(self, health: Health, traffic: Traffic) -> Health:
        now = datetime.now(UTC)
        return verdict.after_traffic(health, traffic, self._clock(), now)

    def _update(self, step: Step) -> None:
        """Move to the next state, tell of what changed, and share it if we lead."""
        with self._changing:
            before, now = self._health, datetime.now(UTC)
            self._health = after = step(before, self._clock(), now)
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
