"""One process's count of what its requests ended with, and what of it others hear.

Under load next to nothing is written: what decides something at once, the rest every
few seconds. What cannot be written counts in this process, and is tried again.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from app.components.evidence import Evidence, Traffic
from app.monitor import traffic
from app.monitor.store import Store, StoreError
from app.pool.outcome import Outcome

log = structlog.get_logger(__name__)


class Tally:
    """Takes outcomes in; any thread may call it."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store, self._clock = store, clock
        self._counting = threading.Lock()
        self._own = self._shared = Traffic()
        self._heard = 0
        self._unwritten = False

    @property
    def latest(self) -> Traffic:
        """Return what was last shared, or would have been."""
        return self._shared

    def take_in(self, outcome: Outcome, evidence: Evidence) -> Traffic | None:
        """Count a request that has just ended; return the traffic if that is news."""
        with self._counting:
            at = self._clock()
            if at - outcome.seconds + outcome.queued < evidence.login_changed_at:
                return None  # it was made with another login
            about = evidence.facts.login.identity if evidence.facts else ()
            own = traffic.after(self._own, outcome, about, at, time.time())
            self._own = own
            if not traffic.is_news(self._shared, own, at):
                return None
            self._share(
                lambda known: traffic.after(known, outcome, about, at, time.time()), at
            )
            return self._shared

    def adopt(self, found: Traffic) -> None:
        """Take over what another process has shared since."""
        with self._counting:
            if found.revision > self._shared.revision:
                self._own = self._shared = found

    def news(self) -> Traffic | None:
        """Return what other processes have written since, if anything."""
        generation = self._store.traffic_generation()
        if generation == self._heard:
            return None
        try:
            found = self._store.load_traffic()
        except StoreError as error:
            log.debug("traffic not read", reason=str(error))
            return None
        self._heard = generation
        if found is None or found.revision <= self._shared.revision:
            return None
        self.adopt(found)
        return found

    def write_again(self) -> None:
        """Try what could not be written, unless somebody else has written since."""
        if self._unwritten:
            with self._counting:
                self._share(lambda known: known, self._clock())

    def _share(self, change: Callable[[Traffic], Traffic], at: float) -> None:
        """Write it for the others, on top of what they may have written."""
        new = self._own

        def changed(stored: Traffic | None) -> Traffic:
            nonlocal new
            if stored and stored.revision > self._shared.revision:
                new = change(stored)
            revision = max(self._shared.revision, stored.revision if stored else 0)
            new = replace(new, revision=revision + 1, noted_at=at)
            return new

        try:
            self._store.change_traffic(changed)
            self._unwritten = False
        except StoreError as error:
            if not self._unwritten:
                log.warning("traffic not shared", reason=str(error))
            self._unwritten = True
            new = replace(self._own, revision=self._shared.revision + 1, noted_at=at)
        self._own = self._shared = new
