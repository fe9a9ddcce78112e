"""Who probes: the process that holds the lock on a file, which its death releases.

In the same file lie two numbers that tell the others of news. The file is read and
written, never mapped into memory: see ``app/database.py``.
"""

import fcntl
import os
import struct
import threading
import time
from pathlib import Path

from app.database import is_at

_NUMBER = struct.Struct("Q")
_TRAFFIC_AT = _NUMBER.size  # where the second number lies
_UNSHARED = 1  # in place of a generation: who leads cannot write what it finds


class Leadership:
    """The lock of one subject and the number in its file; made anew if removed.

    ``lost_at`` is when that last happened (monotonic), None if it never did.
    """

    def __init__(self, file: Path) -> None:
        self.lost_at: float | None = None
        self._file = file
        self._opening = threading.Lock()
        self._descriptor: int | None = None
        self._leader: int | None = None

    @property
    def held(self) -> bool:
        """Tell whether this process holds the lock."""
        return self._leader == os.getpid()

    @property
    def generation(self) -> int:
        """Return the number last told, by whichever process; 0 where there is none.

        Reading it is one system call, so that every answer can.
        """
        return self._number(0)

    @property
    def traffic_generation(self) -> int:
        """Return the number last told of the traffic, as cheaply."""
        return self._number(_TRAFFIC_AT)

    @property
    def unshared(self) -> bool:
        """Tell whether the leader has said that it cannot write what it finds."""
        return self.generation == _UNSHARED

    def try_to_hold(self) -> bool:
        """Take the lock unless another process has it; keep it until the end.

        To be called again and again: whose file was removed holds nothing any more.

        Raises:
            OSError: the file cannot be opened or made.
        """
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._leader = os.getpid()
        except BlockingIOError:
            self._leader = None
        except OSError:
            self._leader = None
            raise
        return self.held

    def let_go(self) -> None:
        """Let another process have the lock."""
        self._leader = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def tell_news(self) -> None:
        """Change the number: there is something new to read."""
        self._tell(time.monotonic_ns())

    def tell_unshared(self) -> None:
        """Say that nothing can be written, so that all others check for themselves."""
        self._tell(_UNSHARED)

    def tell_traffic(self) -> None:
        """Say that there is something new to read of the traffic; anybody may."""
        self._tell(time.monotonic_ns(), _TRAFFIC_AT)

    def _tell(self, number: int, place: int = 0) -> None:
        os.pwrite(self._open(), _NUMBER.pack(number), place)

    def _number(self, place: int) -> int:
        try:
            file = self._open() if self._descriptor is None else self._descriptor
            return int(_NUMBER.unpack(os.pread(file, _NUMBER.size, place))[0])
        except (OSError, struct.error):
            return 0

    def _open(self) -> int:
        """Return the file, opened again where another is in its place, or none.

        Under the old number, from which another thread may be about to read.
        """
        with self._opening:
            if self._descriptor is None:
                self._descriptor = self._make()
            elif not is_at(self._file, os.fstat(self._descriptor)):
                new = self._make()
                os.dup2(new, self._descriptor, inheritable=False)
                os.close(new)
                self.lost_at = time.monotonic()
            return self._descriptor

    def _make(self) -> int:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(new).st_size < _NUMBER.size:
                os.pwrite(
                    new, _NUMBER.pack(time.monotonic_ns()), 0
                )  # has room, is news
        except OSError:
            os.close(new)
            raise
        return new
