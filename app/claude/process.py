"""Runs one command to its end: bounded in time, in output, and to the last process.

Written by hand over ``subprocess.run``, which reads without bound (a CLI that prints
100 MB), kills one process and not what it started, and leaves it behind when the worker
is killed: see ``guard.py``.
"""

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.claude.errors import CliGarbled, CliInterrupted, CliTimeout
from app.claude.guard import GRACE_SECONDS

GUARD = [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py"))]
_LARGEST_OUTPUT = 64 << 10  # bytes
_CHUNK = 16 << 10
_GIVE_UP_EVERY = 0.2  # seconds between two looks at ``given_up``
_GUARD_ENDS_WITHIN = GRACE_SECONDS + 3.0  # seconds, unless it is frozen


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that has ended: its exit code and what it wrote to stdout."""

    exit_code: int
    output: bytes


Run = Callable[[Sequence[str]], Completed]


def run(
    command: Sequence[str],
    *,
    environment: dict[str, str],
    folder: Path,
    deadline: float,
    given_up: Callable[[], bool] = lambda: False,
) -> Completed:
    """Run a command to its end, in ``folder``; its stderr is not read.

    Raises:
        CliTimeout: it had not ended after ``deadline`` seconds, or ``given_up`` said
            so meanwhile, and was ended.
        CliGarbled: it wrote more than 64 KiB and was ended.
        CliInterrupted: its guard was killed, which ends it and says nothing of it.

    Ending takes up to ``guard.GRACE_SECONDS`` more, for a command that ignores SIGTERM.
    """
    until = time.monotonic() + deadline
    guard = subprocess.Popen(  # noqa: S603
        [*GUARD, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
        start_new_session=True,
    )
    try:
        output = _read(guard, until, given_up)
        exit_code = guard.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise CliTimeout("no end before the deadline") from None
    finally:
        _end(guard)
    if exit_code < 0:
        raise CliInterrupted("its guard was killed")
    return Completed(exit_code, output)


def _end(guard: subprocess.Popen[bytes]) -> None:
    """Let go of the lifeline and wait; a guard that is frozen is killed.

    The kernel then kills what it guarded: see ``guard.py``.
    """
    with guard:  # leaving closes its pipes
        if guard.stdin:
            guard.stdin.close()
        try:
            guard.wait(_GUARD_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            guard.kill()


def _read(
    guard: subprocess.Popen[bytes], until: float, given_up: Callable[[], bool]
) -> bytes:
    if guard.stdout is None:
        raise CliGarbled("no pipe to read from")
    output = bytearray()
    with selectors.DefaultSelector() as ready:
        ready.register(guard.stdout, selectors.EVENT_READ)
        while time.monotonic() < until and not given_up():
            if not ready.select(min(_GIVE_UP_EVERY, until - time.monotonic())):
                continue
            chunk = os.read(guard.stdout.fileno(), _CHUNK)
            if not chunk:
                return bytes(output)
            output += chunk
            if len(output) > _LARGEST_OUTPUT:
                raise CliGarbled("more output than any answer has")
    raise CliTimeout("no end before the deadline")
