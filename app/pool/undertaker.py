"""Sees processes to their end, so that no request waits for one."""

import threading
import time

from app.pool.session import Session

_LOOK_EVERY = 0.02  # seconds
_ENDS_WITHIN = 3.0  # seconds, the guard's grace included; then it is killed


class Undertaker:
    """A thread that is there while a process ends."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._lock = threading.Lock()
        self._ending: list[tuple[Session, float]] = []
        self._thread: threading.Thread | None = None

    def take(self, session: Session) -> None:
        """End a process: at once where there is doubt, or else in its own time."""
        if session.doubt is None:
            session.process.let_go()
        else:
            session.process.kill()
        with self._lock:
            self._ending.append((session, time.monotonic() + _ENDS_WITHIN))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                ending, self._ending = self._ending, []
                if not ending:
                    self._thread = None
                    return
            left = [one for one in ending if not _is_over(*one)]
            with self._lock:
                self._ending += left
            if left:
                time.sleep(_LOOK_EVERY)

    def close(self) -> None:
        """Return when none is left."""
        while thread := self._working():
            thread.join()

    def _working(self) -> threading.Thread | None:
        with self._lock:  # under which it is started: one not yet started has no end
            return self._thread


def _is_over(session: Session, deadline: float) -> bool:
    if not session.process.ended:
        if time.monotonic() > deadline:
            session.process.kill()
        return False
    session.process.reap()
    return True
