"""Slow work is admitted only up to a limit below the number of threads.

Work that waits for the CLI holds a thread for seconds. A few threads are kept free of
it, so that probes always find one: the setting MAX_CONCURRENT_REQUESTS sees to that.
"""

from threading import BoundedSemaphore

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
