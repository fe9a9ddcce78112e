"""Slow work is admitted only up to a limit below the number of threads.

Work that waits for the CLI holds a thread for seconds. A few threads are kept free of
it, so that probes always find one: the setting MAX_CONCURRENT_REQUESTS sees to that.
Work that computes for tenths of a second is done one at a time: see ``Turns``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

from werkzeug.exceptions import ServiceUnavailable

RETRY_AFTER = 1  # seconds


class Overloaded(ServiceUnavailable):
    """All places for slow work are taken; the caller may come back."""

    description = "All places are taken."

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_AFTER)


class Admission:
    """The places for slow work in one process."""

    def __init__(self, limit: int) -> None:
        """Have so many places."""
        self.limit = limit
        self._places = BoundedSemaphore(limit)

    def enter(self) -> None:
        """Take a place, for who calls ``leave`` once the last byte is sent.

        Raises:
            Overloaded: there is none.
        """
        if not self._places.acquire(blocking=False):
            raise Overloaded

    def leave(self) -> None:
        """Give the place back."""
        self._places.release()


class Turns:
    """One computation at a time in one process; a few wait for their turn.

    All threads of a process compute under one lock, the interpreter's: several long
    computations keep each other, and with them every probe, from it.
    """

    _WAITING = 2

    def __init__(self) -> None:
        """Have nobody at it."""
        self._places, self._turn = BoundedSemaphore(1 + self._WAITING), Lock()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Have the turn while the ``with`` block lasts.

        Raises:
            Overloaded: enough are waiting.
        """
        if not self._places.acquire(blocking=False):
            raise Overloaded
        try:
            with self._turn:
                yield
        finally:
            self._places.release()
