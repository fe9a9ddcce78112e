"""Which check runs now: the disk inspected, the CLI asked one question at a time.

A probe runs in a thread of its own, and never a second one beside it; what it finds
comes back through ``update``, as everything that changes the health does.
"""

import threading
from collections.abc import Callable
from datetime import datetime

from app.components.evidence import Evidence
from app.contract.codes import Code
from app.monitor import schedule, verdict
from app.monitor.prober import Prober
from app.monitor.state import Health

_ENDED_AFTER = 2.0  # seconds, for a question about a login that has changed since

Step = Callable[[Health, float, datetime], Health]


class Checks:
    """Inspects and probes for one monitor, which calls from one thread."""

    def __init__(
        self,
        prober: Prober,
        clock: Callable[[], float],
        *,
        interval: float,
        timeout: float,
        health: Callable[[], Health],
        update: Callable[[Step], None],
        stopped: Callable[[], bool],
    ) -> None:
        """Take what is asked for the present health, and given each step from it."""
        self._prober, self._clock = prober, clock
        self._interval, self._timeout = interval, timeout
        self._health, self._update, self._stopped = health, update, stopped
        self._probing: threading.Thread | None = None
        self._question_at = 0.0
        self._counted = 0

    def inspect_and_probe(self) -> None:
        """Look at the disk, and have the CLI asked where that is due."""
        evidence = self.inspect()
        if self._probing is not None and self._probing.is_alive():
            self._count_doubts()
        elif evidence.cli_found and schedule.check_is_due(
            evidence, self._clock(), self._interval
        ):
            self._note_question()
            self._probing = threading.Thread(
                target=self.probe, args=(evidence,), name="health-probe", daemon=True
            )
            self._probing.start()

    def inspect(self) -> Evidence:
        """Look at the disk; return what is known then."""
        facts = self._prober.inspect(self._health().evidence.facts)
        self._update(
            lambda health, *when: verdict.after_inspection(health, facts, *when)
        )
        return self._health().evidence

    def probe(self, asked: Evidence) -> None:
        """Ask the CLI that this evidence shows, and wait for its answers."""
        if (facts := asked.facts) is None:
            return
        cli, login = self._prober.probe(
            facts, lambda: self._is_pointless(asked), self._note_question
        )
        if self._prober.has_another(facts):
            return  # it was asked while it was being replaced
        self._update(
            lambda health, *when: verdict.after_check(health, asked, cli, login, *when)
        )

    def _is_pointless(self, asked: Evidence) -> bool:
        """Tell whether the present question may be ended, its answer being void.

        A question about a login that has changed may be about to answer all the same:
        only one that hangs is ended.
        """
        now, then = self._health().evidence.facts, asked.facts
        if self._stopped() or now is None or then is None:
            return self._stopped()
        if now.location.identity != then.location.identity:
            return True
        changed = now.login.identity != then.login.identity
        return changed and self._clock() - self._question_at >= _ENDED_AFTER

    def _note_question(self) -> None:
        self._question_at, self._counted = self._clock(), 0

    def _count_doubts(self) -> None:
        waited = self._clock() - self._question_at
        due = schedule.doubts_due(self._health().evidence, waited, self._timeout)
        if due > self._counted:
            self._counted = due
            code = Code.CLI_TIMEOUT
            self._update(lambda health, *when: verdict.after_doubt(health, code, *when))
