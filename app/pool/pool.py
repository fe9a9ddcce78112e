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
from app.metrics.pool import PoolMetrics
from app.pool.errors import PoolClosed
from app.pool.events import Kind
from app.pool.folder import OwnFolder
from app.pool.limits import Limits
from app.pool.queue import Queue, Waiter
from app.pool.selftest import SelfTest
from app.pool.session import Key, Session
from app.pool.starter import Starter
from app.pool.stock import Stock
from app.pool.undertaker import Undertaker
from app.pool.watch import Watch

_LOOK_EVERY = 0.5  # seconds
_COMES_BACK_WITHIN = 5.0  # seconds


class Pool:
    """Lends warm processes of the Claude CLI that ``locate`` finds.

    ``selftest`` says of that CLI whether it may be asked, to the monitor as well.
    """

    def __init__(
        self,
        limits: Limits,
        locate: Callable[[], Path | None],
        environment: Callable[[], dict[str, str]] = child_environment,
        figures: PoolMetrics | None = None,
        knows: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Take the settings; nothing is started before ``open`` or a request.

        ``knows`` is asked twice a second whether the callers there are still are some.
        """
        self.limits = limits
        self._knows = knows
        self._folder = OwnFolder(limits.folder)
        self.selftest = SelfTest(self._folder, limits.start_seconds)
        self._watch = Watch(locate, environment)
        self._lock = threading.Lock()
        self._figures = figures
        self._stock = Stock(limits, Queue(limits.max_waiting), figures=figures)
        self._starter = Starter(
            limits, locate, environment, self._folder, self.selftest
        )
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
            self._watch.has_changed()  # from here on
            self._folder.sweep()
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
        self._renew_if_changed()
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
                self._stock.count("starts_failed")
                self._stock.queue.fail_first(outcome)
        self._settle()

    def _keep(self) -> None:
        while not self._closed.wait(_LOOK_EVERY):
            self._renew_if_changed()
            with self._lock:
                self._stock.look_after()
                callers = self._stock.callers
            for caller in callers:
                if not self._knows(caller):
                    self.end_caller(caller)
            self._settle()
            self._show()

    def _show(self) -> None:
        """Show what there is; not at every change, which would slow requests down."""
        if self._figures:
            self._figures.show(self.stats())

    def end_caller(self, caller: str) -> None:
        """End what it holds, its running requests too, and refuse it where it waits."""
        with self._lock:
            busy = self._stock.leave_all_of(caller)
        for session in busy:
            session.cancel(Kind.REVOKED)
        self._settle()

    def _renew_if_changed(self) -> None:
        if self._watch.has_changed():
            self.renew()

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

    @property
    def models(self) -> tuple[str, ...]:
        """The models that the CLI offers; none before the first process is warm."""
        return self._starter.models

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
        self.selftest.close()
        self._starter.join()
        if self._keeper:
            self._keeper.join()
        self._settle()
        self._wait_for_the_busy()
        self._undertaker.close()
        self._folder.close()
        self._show()

    def _wait_for_the_busy(self) -> None:
        """Let those whose process was ended notice; their threads bring it back."""
        until = time.monotonic() + _COMES_BACK_WITHIN
        while self._stock.busy and time.monotonic() < until:
            time.sleep(0.01)
