"""When checks run, who runs them, and what every answer is read from.

One thread a process. In the process that leads, it looks at cheap facts every second
and has the CLI asked, in a second thread, when something changed or the interval is
over; never a second time beside the first. In the others it reads what the leader
wrote.
Answers read one frozen ``Health``; no request starts or waits for anything.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from app.components.evidence import Facts
from app.contract.codes import Code
from app.monitor import verdict
from app.monitor.prober import Prober
from app.monitor.report import Report, report_health
from app.monitor.state import Change, Health
from app.monitor.store import Store, StoreError
from config.settings import Settings

LOOK_EVERY = 1.0  # seconds: half of what a removed CLI may take to show
POLL_EVERY = 0.2  # seconds between two readings of what the leader wrote
_SILENT_AFTER = 10.0  # seconds without a word of the leader: everybody for himself
_ADOPTED_UNTIL = 3.0  # seconds: older than this, a state found at the start is history
_REPORT_LASTS = 0.5  # seconds, so that its timestamp is right to the second
_RETRY_AFTER = 1.0  # seconds, after a first inconclusive check

log = structlog.get_logger(__name__)


class Monitor:
    """Keeps the health of one Claude CLI up to date in the background."""

    def __init__(
        self, settings: Settings, on_change: Callable[[Change], None] = lambda _: None
    ) -> None:
        """Take the settings; nothing runs before ``ensure_running`` or ``check``.

        ``on_change`` hears of the transitions that this process has found.
        """
        self.interval = settings.health_check_interval
        self.timeout = settings.health_check_timeout
        # Never stale while a check may still be on its way to being inconclusive.
        self.longest_age = max(3 * self.interval, self.interval + 2 * self.timeout)
        self._prober = Prober(settings)
        self._store = Store(settings.state_dir, self._prober.subject())
        self._on_change = on_change
        self._start = threading.Lock()
        self._changing = threading.Lock()
        self._stopped = threading.Event()
        self._watcher: threading.Thread | None = None
        self._asking: threading.Thread | None = None
        self._asked: Facts | None = None
        self._asked_at = 0.0
        self._overdue = 0
        self._look_at = 0.0
        self._heard = 0
        self._heard_at = time.monotonic()
        self._trouble: str | None = None
        self._health = verdict.starting(time.monotonic(), datetime.now(UTC))
        self._report: tuple[Health, bool, float, Report | None]
        self._report = (self._health, False, 0.0, None)

    def report(self, *, draining: bool = False) -> Report:
        """Return the report every answer is written from, made twice a second.

        Asking keeps the background check running, in a forked process too.
        """
        self.ensure_running()
        if not self._store.leads:
            self._hear()
        health, at = self._health, time.monotonic()
        known, drained, until, report = self._report
        if not report or known is not health or drained is not draining or at >= until:
            report = self._report_now(health, at, draining=draining)
            self._report = (health, draining, at + _REPORT_LASTS, report)
        return report

    def ensure_running(self) -> None:
        """Start the background check unless it runs: after a fork it does not."""
        if self._watcher is not None and self._watcher.is_alive():
            return
        with self._start:
            if self._watcher is None or not self._watcher.is_alive():
                self._adopt()
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
            self._ask(facts)
            if self._health.evidence.doubts != 1:
                break  # a first inconclusive check is tried once more
        return self._report_now(self._health, time.monotonic(), draining=False)

    def tick(self) -> None:
        """Do what is due now: look and ask where we lead, else read."""
        ours = self._leads() or self._hears_nothing()
        if self._trouble:
            self._share(self._health)  # what could not be written may go through now
        if ours and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY
            self._look_and_ask()

    def _watch(self) -> None:
        while not self._stopped.is_set():
            self.tick()
            self._stopped.wait(min(POLL_EVERY, LOOK_EVERY))
        self._store.stop_leading()

    def _leads(self) -> bool:
        try:
            return self._store.try_to_lead()
        except StoreError as error:
            self._note_trouble(error)
            return False

    def _adopt(self) -> None:
        """Begin with what another process knew a moment ago, if there is such."""
        generation = self._store.generation()  # first: what is loaded may be newer
        shared = self._read()
        if shared is None:
            return
        if time.monotonic() - shared.evidence.looked_at <= _ADOPTED_UNTIL:
            self._health = shared
            self._heard = generation
            self._asked = shared.evidence.facts if shared.evidence.probed_at else None

    def _hears_nothing(self) -> bool:
        self._hear()
        return time.monotonic() - self._heard_at >= _SILENT_AFTER

    def _hear(self) -> None:
        """Read what the leader wrote, if that is news."""
        if self._store.generation() == self._heard:
            return
        with self._changing:
            generation = self._store.generation()
            shared, now = self._read(), time.monotonic()
            if shared and now - shared.evidence.looked_at < _SILENT_AFTER:
                self._heard, self._heard_at = generation, now
                self._health = shared
                self._asked = shared.evidence.facts

    def _read(self) -> Health | None:
        try:
            return self._store.load()
        except StoreError as error:
            self._note_trouble(error)
            return None

    def _look_and_ask(self) -> None:
        facts = self._look()
        if self._asking is not None and self._asking.is_alive():
            self._count_overdue()
        elif facts and facts.location.path and self._is_due(facts):
            self._note_start()
            self._asking = threading.Thread(
                target=self._ask, args=(facts,), name="health-probe", daemon=True
            )
            self._asking.start()

    def _look(self) -> Facts | None:
        facts = self._prober.look()
        self._update(lambda *when: verdict.after_look(self._health, facts, *when))
        return facts

    def _is_due(self, facts: Facts) -> bool:
        evidence = self._health.evidence
        if facts != self._asked:
            return True
        again = _RETRY_AFTER if evidence.doubts == 1 else self.interval
        return time.monotonic() >= (evidence.probed_at or 0.0) + again

    def _ask(self, facts: Facts) -> None:
        """Ask the CLI both questions; an answer about what has gone since is void."""

        def given_up() -> bool:
            return self._stopped.is_set() or not self._is_present(facts, login=False)

        cli, login = self._prober.ask(facts, given_up, self._note_start)
        if self._is_present(facts):
            self._asked = facts
            self._update(
                lambda *when: verdict.after_check(self._health, cli, login, *when)
            )

    def _is_present(self, facts: Facts, *, login: bool = True) -> bool:
        present = self._health.evidence.facts
        if present is None or present.location.identity != facts.location.identity:
            return False
        return not login or present.login.identity == facts.login.identity

    def _note_start(self) -> None:
        self._asked_at, self._overdue = time.monotonic(), 0

    def _count_overdue(self) -> None:
        overdue = int((time.monotonic() - self._asked_at) / self.timeout)
        if overdue > self._overdue:
            self._overdue = overdue
            code = Code.CLI_TIMEOUT
            self._update(lambda *when: verdict.after_doubt(self._health, code, *when))

    def _update(self, change: Callable[[float, datetime], Health]) -> None:
        """Move to the next state, tell of what changed, and share it if we lead."""
        with self._changing:
            before, now = self._health, datetime.now(UTC)
            self._health = after = change(time.monotonic(), now)
            self._share(after)
        for each in verdict.changes_between(before, after, now):
            self._on_change(each)
            log.log(
                logging.WARNING if each.after else logging.INFO,
                "health changed",
                component=each.component,
                before=each.before or "healthy",
                after=each.after or "healthy",
            )

    def _share(self, health: Health) -> None:
        if not self._store.leads:
            return
        try:
            self._store.save(health)
            self._trouble = None
        except StoreError as error:
            self._note_trouble(error)

    def _note_trouble(self, error: StoreError) -> None:
        if self._trouble is None:
            log.warning("shared state unusable", reason=str(error))
        self._trouble = str(error)

    def _report_now(self, health: Health, at: float, *, draining: bool) -> Report:
        return report_health(
            health, at, self.longest_age, draining=draining, trouble=self._trouble
        )
