"""What sees processes to their end, where the moments meet badly."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from app.pool import undertaker
from app.pool.session import Session
from app.pool.undertaker import Undertaker
from tests.support.waiting import wait_until


class Ending:
    """A process, and the session of it, that has ended."""

    doubt = None
    ended = True
    reaped = False

    @property
    def process(self) -> "Ending":
        return self

    def let_go(self) -> None:
        pass

    def reap(self) -> None:
        self.reaped = True


class Tardy(threading.Thread):
    """A thread that a busy machine starts late."""

    def start(self) -> None:
        time.sleep(0.2)
        super().start()


def test_a_close_in_the_moment_of_the_start_waits_for_it(monkeypatch):
    one, ending = Undertaker(), Ending()
    with ThreadPoolExecutor() as threads:
        threads.submit(time.sleep, 0).result()  # its thread is a usual one
        monkeypatch.setattr(undertaker.threading, "Thread", Tardy)
        taking = threads.submit(one.take, cast(Session, ending))
        wait_until(lambda: one._thread)
        one.close()
        taking.result()
    assert ending.reaped
