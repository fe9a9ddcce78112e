"""The warm processes of this worker: lent for one request each, and looked after.

Threads that need a process wait in a queue; processes are started by threads of their
own and end under the eyes of another. The lock is held for decisions only, never while
a process is talked to.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.claude.environment import child_environment
from app.pool.errors import PoolClosed
from app.pool.events import RateLimit
from app.pool.limits import Limits
from app.pool.queue import Queue, Waiter
from app.pool.session import Key, Session
from app.pool.starter import Starter
from app.pool.stock import Stock
from app.pool.undertaker import Undertaker

_LOOK_EVERY = 0.5  # seconds
_COMES_BACK_WITHIN = 5.0  # seconds


class Pool:
    """Lends warm processes of the Claude CLI that ``locate`` finds."""

    def __init__(
        self,
        limits: Limits,
        locate: Callable[[], Path | None],
        environment: Callable[[], dict[str, str]] = child_environment,
        on_rate_limit: Callable[[RateLimit], None] = lambda _: None,
    ) -> None:
        """Take the settings; nothing is started before ``open`` or a request."""
        self.limits = limits
        self._lock = threading.Lock()
        self._stock = Stock(limits, Queue(limits.max_waiting))
        self._starter = Starter(limits, locate, environment, on_rate_limit)
        self._undertaker = Undertaker()
        self._generation = 0
        self._closed = threading.Event()
        self._keeper: threading.Thread | None = None

    def open(self) -> None:
        """Start the spares and what looks after them; again is no harm."""
        with self._lock:
            if self._keeper is not None or self._closed.is_set():
                return
            self._keeper = threading.Thread(target=self._keep, daemon=True)
            self._keeper.start()
        self._settle()

    @contextmanager
    def acquire(
        self,
        key: Key,
        timeout: float,
        still_waits: Callable[[], bool] = lambda: True,
    ) -> Iterator[Session]:
        """Lend a process of this key for one request.

        Raises:
            PoolTimeout: none became free within ``timeout`` seconds.
            TooManyRequests: too many wait already.
            PoolClosed: the pool is closed.
            GaveUp: ``still_waits`` said so.
            CannotStart: the CLI does not start.
        """
        session = self._get(key, time.monotonic() + timeout, still_waits)
        try:
            yield session
        finally:
            self._put_back(session)

    def _get(self, key: Key, until: float, still_waits: Callable[[], bool]) -> Session:
        self.open()
        while True:
            session = self._wait_for_one(Waiter(key, still_waits), until)
            if session.is_empty():
                return session
            self._put_back(session)  # it ended meanwhile, or was not emptied: another

    def _wait_for_one(self, waiter: Waiter, until: float) -> Session:
        with self._lock:
            if self._closed.is_set():
                raise PoolClosed("the pool is closed")
            self._stock.arrive(waiter)
        self._settle()
        waiter.wait(until)
        with self._lock:
            self._stock.queue.remove(waiter)
        if waiter.gone and waiter.session:
            self._put_back(waiter.session)
        return waiter.outcome()

    def _put_back(self, session: Session) -> None:
        doubt = session.finish()
        with self._lock:
            self._stock.put_back(session, doubt)
        self._settle()

    def _settle(self) -> None:
        """Serve who waits, start what is missing, end what is to leave."""
        with self._lock:
            starts = 0
            if self._closed.is_set():
                self._stock.leave_all("closed")
            else:
                self._stock.serve()
                starts = self._stock.to_start(spares=self._starter.works)
            leaving, self._stock.leaving = self._stock.leaving, []
            for _ in range(starts):
                self._starter.start(self._start_one, self._generation)
        for session in leaving:
            self._undertaker.take(session)

    def _start_one(self, generation: int) -> None:
        """Start one process; runs in a thread of its own."""
        outcome = self._starter.session()
        with self._lock:
            self._stock.starting -= 1
            if isinstance(outcome, Session):
                self._stock.spares.append(outcome)
                if generation != self._generation:
                    self._stock.leave(outcome, "renewed")
            else:
                self._stock.counts["starts_failed"] += 1
                self._stock.queue.fail_first(outcome)
        self._settle()

    def _keep(self) -> None:
        while not self._closed.wait(_LOOK_EVERY):
            with self._lock:
                self._stock.look_after()
            self._settle()

    def renew(self) -> None:
        """Replace every process, the busy ones after their request.

        For a new binary, a new login or new settings.
        """
        with self._lock:
            self._generation += 1
            self._stock.leave_all("renewed")
            for session in self._stock.busy:
                session.outdated = True
        self._settle()

    def stats(self) -> dict[str, int]:
        """Return what there is, and what has been since the start."""
        with self._lock:
            return self._stock.stats()

    def close(self) -> None:
        """End every process, busy ones too, and return when none is left."""
        with self._lock:
            self._closed.set()
            for waiter in self._stock.queue:
                self._stock.queue.serve(waiter, PoolClosed("the pool was closed"))
            busy = [*self._stock.busy]
        for session in busy:
            session.cancel()
        self._settle()
        self._starter.join()
        if self._keeper:
            self._keeper.join()
        self._settle()
        self._wait_for_the_busy()
        self._undertaker.close()

    def _wait_for_the_busy(self) -> None:
        """Let those whose process was ended notice; their threads bring it back."""
        until = time.monotonic() + _COMES_BACK_WITHIN
        while self._stock.busy and time.monotonic() < until:
            time.sleep(0.01)
