"""A child that stays: it is written to, read from, and killed at once.

``process.py`` runs a command to its end; this starts one that is talked to for hours.
By hand over ``subprocess`` alone, which has no deadline for a write, no lifeline, and
kills one process and not what it started: see ``guard.py``.
"""

import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from app.claude.errors import CliCrashed, CliTimeout
from app.claude.guard import STAYS
from app.claude.process import GUARD

_ENDS_WITHIN = 3.0  # seconds after its guard, at most
_CHUNK = 256 << 10  # bytes read at once, and held while the other threads wait


class Child:
    """One running command; one thread at a time talks to it, any may ``kill`` it.

    ``pid`` is the command's own, for looking at it only: it may have ended since.
    """

    def __init__(self, guard: subprocess.Popen[bytes], lifeline: socket.socket) -> None:
        """Take what ``start`` has started."""
        if guard.stdin is None or guard.stdout is None:
            raise CliCrashed("no pipe to talk through")
        self._guard, self._lifeline = guard, lifeline
        self._in, self._out = guard.stdin.fileno(), guard.stdout.fileno()
        os.set_blocking(self._in, False)
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(self._out, select.POLLIN)
        self._writable.register(self._in, select.POLLOUT)
        self._buffer = bytearray()
        self._searched = 0
        self._ending = threading.Lock()
        self.pid = 0

    @classmethod
    def start(
        cls,
        command: Sequence[str],
        environment: dict[str, str],
        folder: Path,
        until: float,
    ) -> Self:
        """Start a command in ``folder``; ``until`` is a monotonic time.

        Raises:
            CliCrashed, CliTimeout: it did not start.
        """
        lifeline, held = socket.socketpair()
        try:
            guard = subprocess.Popen(  # noqa: S603
                [*GUARD, STAYS, str(held.fileno()), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=folder,
                start_new_session=True,
                pass_fds=(held.fileno(),),
                bufsize=0,
            )
        except OSError:
            lifeline.close()
            raise CliCrashed("it could not be started") from None
        finally:
            held.close()
        child = cls(guard, lifeline)
        child.pid = child._told_pid(until)
        return child

    def _told_pid(self, until: float) -> int:
        self._lifeline.settimeout(max(0.001, until - time.monotonic()))
        try:
            said = self._lifeline.recv(32)
        except TimeoutError:
            self._end()
            raise CliTimeout("no start before the deadline") from None
        if not said:
            self._end()
            raise CliCrashed("it could not be started")
        return int(said)

    def _end(self) -> None:
        self.kill()
        self.reap()

    def write(self, parts: Iterable[bytes], until: float) -> None:
        """Write all parts to its stdin.

        Raises:
            CliTimeout: it had not read them at the monotonic time ``until``.
            EOFError: it has ended.
        """
        for part in parts:
            rest = memoryview(part)
            while rest:
                if not self._writable.poll(_milliseconds(until)):
                    raise CliTimeout("it does not read what it is told")
                try:
                    rest = rest[os.write(self._in, rest) :]
                except BlockingIOError:
                    continue
                except OSError:
                    raise EOFError from None

    def read_line(self, until: float) -> bytes | None:
        """Return its next line, or None where none came before ``until``.

        Raises:
            EOFError: it has ended.
        """
        while (end := self._buffer.find(b"\n", self._searched)) < 0:
            self._searched = len(self._buffer)
            if not self._readable.poll(_milliseconds(until)):
                return None
            chunk = os.read(self._out, _CHUNK)
            if not chunk:
                raise EOFError
            self._buffer += chunk
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return line

    def kill(self) -> None:
        """End it now, with SIGKILL to its whole group; it may have ended already."""
        with self._ending:
            if self._guard.poll() is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._guard.pid, signal.SIGKILL)

    def let_go(self) -> None:
        """Ask it to end, with SIGTERM; it is killed two seconds later."""
        with self._ending:
            self._lifeline.close()

    @property
    def ended(self) -> bool:
        """Whether it has ended, with its guard."""
        with self._ending:
            return self._guard.poll() is not None

    def reap(self) -> None:
        """Wait for the end that ``kill`` or ``let_go`` has caused; close the pipes."""
        self.let_go()
        self._guard.wait()
        self._wait_for_the_command()
        for pipe in (self._guard.stdin, self._guard.stdout):
            if pipe is not None:
                pipe.close()

    def _wait_for_the_command(self) -> None:
        """Read to the end of its stdout: killed with its guard, it may end later.

        Until then it can finish what it was just writing.
        """
        if self._guard.stdout is None or self._guard.stdout.closed:
            return
        until = time.monotonic() + _ENDS_WITHIN
        while self._readable.poll(_milliseconds(until)) and os.read(self._out, _CHUNK):
            continue

    @property
    def memory(self) -> int | None:
        """Its resident size in bytes; None where there is no /proc, or it has ended."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            return None
        return pages * os.sysconf("SC_PAGE_SIZE") or None


def _milliseconds(until: float) -> int:
    """Return how long to poll, at least one: zero would spin just before the end."""
    left = until - time.monotonic()
    return max(1, int(left * 1000)) if left > 0 else 0
