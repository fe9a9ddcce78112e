"""The terminal while a table is shown: single keys, and restored whatever ends it."""

import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_QUIT = "q"


@contextmanager
def keys() -> Iterator[Callable[[float], str]]:
    """Yield what waits so many seconds for a key and returns it, or "".

    Without a terminal to read from there are no keys; one that goes away is a ``q``.
    A signal to end unwinds what is around this, so that the terminal is restored.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    if not sys.stdin.isatty():
        yield _no_key
        return
    source = sys.stdin.fileno()
    before = termios.tcgetattr(source)
    try:
        tty.setcbreak(source)
        yield lambda seconds: _key(source, seconds)
    finally:
        termios.tcsetattr(source, termios.TCSADRAIN, before)


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


def _no_key(seconds: float) -> str:
    time.sleep(seconds)
    return ""


def _key(source: int, seconds: float) -> str:
    if not select.select([source], [], [], seconds)[0]:
        return ""
    try:
        return os.read(source, 1).decode(errors="replace") or _QUIT
    except OSError:
        return _QUIT
