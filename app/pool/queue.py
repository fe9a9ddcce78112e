"""Who waits for a process, in which order, for how long, and who is refused."""

import threading
import time
from collections.abc import Callable, Iterator

from app.pool.errors import GaveUp, PoolError, PoolTimeout, TooManyRequests
from app.pool.session import Key, Session

_LOOK_EVERY = 0.05  # seconds between two questions whether the caller still waits


class Waiter:
    """One request that waits; what it gets, a process or an error, it gets once."""

    def __init__(self, key: Key, still_waits: Callable[[], bool]) -> None:
        """Begin to wait; ``still_waits`` turns False when the caller went away."""
        self.key = key
        self.started = time.monotonic()
        self.gone = False
        self._still_waits = still_waits
        self._given = threading.Event()
        self._outcome: Session | PoolError | None = None

    def give(self, outcome: Session | PoolError) -> None:
        """Let it go on; called under the pool's lock, once."""
        self._outcome = outcome
        self._given.set()

    @property
    def has_outcome(self) -> bool:
        """Whether it was given a process or an error."""
        return self._given.is_set()

    def wait(self, until: float) -> None:
        """Return once something was given, the caller is gone, or ``until`` is past."""
        while not self._given.is_set() and (left := until - time.monotonic()) > 0:
            if not self._still_waits():
                self.gone = True
                return
            self._given.wait(min(left, _LOOK_EVERY))

    @property
    def session(self) -> Session | None:
        """The process it was given, if it was."""
        return self._outcome if isinstance(self._outcome, Session) else None

    def outcome(self) -> Session:
        """Return the process.

        Raises:
            GaveUp: the caller has gone.
            PoolError: it was given this error instead.
            PoolTimeout: it was given nothing in time.
        """
        if self.gone:
            raise GaveUp("the caller went away")
        if isinstance(self._outcome, PoolError):
            raise self._outcome
        if self._outcome is None:
            raise PoolTimeout("no process became free in time")
        return self._outcome


class Queue:
    """Those who wait, first come first served; every call holds the pool's lock."""

    def __init__(self, max_waiting: int) -> None:
        """Refuse whoever would be the ``max_waiting`` + 1st."""
        self._max_waiting = max_waiting
        self._waiters: list[Waiter] = []

    def __len__(self) -> int:
        return len(self._waiters)

    def __iter__(self) -> Iterator[Waiter]:
        return iter(tuple(self._waiters))

    def put(self, waiter: Waiter) -> None:
        """Let it wait as the last."""
        self._waiters.append(waiter)

    def refuse_if_too_many(self, waiter: Waiter) -> None:
        """Take it out again where more wait than may.

        Raises:
            TooManyRequests: it was taken out.
        """
        if waiter in self._waiters and len(self._waiters) > self._max_waiting:
            self.remove(waiter)
            raise TooManyRequests(f"{self._max_waiting} requests wait already")

    def serve(self, waiter: Waiter, outcome: Session | PoolError) -> None:
        """Give it what it waits for."""
        self.remove(waiter)
        waiter.give(outcome)

    def fail_first(self, error: PoolError) -> None:
        """Give the one who waits longest an error."""
        if self._waiters:
            self.serve(self._waiters[0], error)

    def remove(self, waiter: Waiter) -> None:
        """Take it out, if it is still in."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)
