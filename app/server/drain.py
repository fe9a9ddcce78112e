"""SIGTERM in two steps: first say so while still serving, then stop gracefully.

gunicorn alone stops accepting at once, so that a load balancer's probe hangs instead of
being told; here ``/health`` is 503 ``draining`` for a while and everything else serves.
"""

import os
import signal
import threading
from collections.abc import Callable
from mmap import mmap
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def drain_on_term(
    flag: bytearray | mmap,
    seconds: float,
    stopping: Callable[[], None],
    has_successor: Callable[[], bool],
) -> None:
    """Put draining before this process's handling of SIGTERM; a second one skips it.

    ``stopping`` is called once, by the signal handler. Where another server already
    takes connections from the same socket, nobody has to be sent elsewhere.
    """
    stop = signal.getsignal(signal.SIGTERM)

    def drain(number: int, frame: FrameType | None) -> None:
        first = not flag[0] and not has_successor()
        if first:
            flag[0] = 1
            stopping()
        if first and seconds > 0:
            again = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM))
            again.daemon = True
            again.start()
        elif callable(stop):
            stop(number, frame)

    signal.signal(signal.SIGTERM, drain)


def hold_signals() -> None:
    """Keep what ends a worker from coming while it is forked; see the next one."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)


def end_while_booting() -> None:
    """Let a signal end this new worker at once, until it has handlers of its own.

    Python forgets what came in the moment of a fork, and the handlers of the master
    keep what comes for a loop that a worker does not run: it would serve on, and the
    master wait for it until GRACEFUL_TIMEOUT_SECONDS are over.
    """
    for number in _ENDING:
        signal.signal(number, signal.SIG_DFL)
    _let_signals_come()


def _let_signals_come() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


os.register_at_fork(after_in_parent=_let_signals_come)
