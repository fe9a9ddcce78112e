"""SIGTERM in two steps: first say so while still serving, then stop gracefully.

gunicorn alone stops accepting at once, so that a load balancer's probe hangs instead of
being told; here ``/health`` is 503 ``draining`` for a while and everything else serves.
"""

import os
import signal
import threading
from mmap import mmap
from types import FrameType


def drain_on_term(flag: bytearray | mmap, seconds: float) -> None:
    """Put draining before this process's handling of SIGTERM; a second one skips it."""
    stop = signal.getsignal(signal.SIGTERM)

    def drain(number: int, frame: FrameType | None) -> None:
        if flag[0] or seconds <= 0:
            flag[0] = 1
            if callable(stop):
                stop(number, frame)
            return
        flag[0] = 1
        again = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM))
        again.daemon = True
        again.start()

    signal.signal(signal.SIGTERM, drain)
