"""One computation at a time, and its result for all who waited for it."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Computes for everybody who waits, and never hands out what is older than a call.

    Who comes while a computation runs does not get that one, which may have missed what
    came before the call, but shares the next one with all who came meanwhile: at most
    two are waited for, however many ask. ``compute`` must not block: who waits for it
    has no deadline of its own.
    """

    def __init__(self, compute: Callable[[], T]) -> None:
        """Keep nothing yet: the first call computes."""
        self._compute = compute
        self._lock = Lock()
        self._latest: tuple[float, T] | None = None  # when it began, and its result

    def get(self) -> T:
        """Return a result whose computation began after this call.

        Raises:
            Exception: what the computation raises, to who started it.
        """
        came = time.monotonic()
        with self._lock:
            if self._latest is None or self._latest[0] < came:
                began = time.monotonic()
                self._latest = began, self._compute()
            return self._latest[1]
