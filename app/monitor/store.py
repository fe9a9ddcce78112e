"""The health all workers of a host share: one SQLite file, and one prober at a time.

The prober holds a lock on a file, which its death releases, and writes the health after
every look. The others read it. SQLite, not a file written anew, because its write-ahead
log lets any number of processes read while one writes, and tells a damaged file.
"""

import fcntl
import json
import mmap
import os
import sqlite3
import struct
import threading
from contextlib import suppress
from pathlib import Path

from cattrs.preconf.json import make_converter

from app.monitor.state import Health

_COUNTER = struct.Struct("Q")
_BUSY_SECONDS = 0.1
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_converter = make_converter()
_converter.register_unstructure_hook(Path, str)
_converter.register_structure_hook(Path, lambda text, _: Path(text))


class StoreError(Exception):
    """The shared state cannot be read or written now; the text says why."""


class Store:
    """The shared health of one subject: one CLI with one login, as one user sees them.

    Connections are opened when first needed, in the process that needs them: SQLite's
    must not cross a fork.
    """

    def __init__(self, folder: Path, subject: str) -> None:
        self._file = folder / "health.sqlite"
        self._lock_file = folder / f"{subject}.lock"
        self._subject = subject
        self._opening = threading.Lock()
        self._lock: int | None = None
        self._leader: int | None = None
        self._counter: mmap.mmap | None = None
        self._connection: sqlite3.Connection | None = None
        self._prepared = False

    @property
    def leads(self) -> bool:
        """Tell whether this process holds the lock."""
        return self._leader == os.getpid()

    def try_to_lead(self) -> bool:
        """Become the one prober, unless another process is; stays so until its end.

        Raises:
            StoreError: the lock's file cannot be opened.
        """
        if self.leads:
            return True
        try:
            fcntl.flock(self._open_lock(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise StoreError(error.strerror or "no lock") from None
        self._leader = os.getpid()
        return True

    def stop_leading(self) -> None:
        """Let another process probe."""
        self._leader = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def generation(self) -> int:
        """Return a number that changes with every save, by whichever process.

        It lies in the lock's file, mapped into memory: reading it costs nothing, so
        every answer can. 0 where there is no such file.
        """
        if self._counter is None:
            try:
                self._counter = mmap.mmap(self._open_lock(), _COUNTER.size)
            except OSError:
                return 0
        return int(_COUNTER.unpack(self._counter[:])[0])

    def _open_lock(self) -> int:
        with self._opening:
            if self._lock is None:
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
                self._lock = os.open(self._lock_file, flags, 0o600)
                if os.fstat(self._lock).st_size < _COUNTER.size:
                    os.ftruncate(self._lock, _COUNTER.size)
            return self._lock

    def save(self, health: Health) -> None:
        """Write the health for all to read; a damaged file is made anew.

        Raises:
            StoreError: locked for too long, disk full, no permission.
        """
        text = json.dumps(_converter.unstructure(health))
        try:
            self._write(text)
            self._count()
        except sqlite3.OperationalError as error:
            raise self._failed(error) from None
        except sqlite3.DatabaseError:
            self._remove()
            try:
                self._write(text)
                self._count()
            except sqlite3.Error as error:
                raise self._failed(error) from None

    def load(self) -> Health | None:
        """Return the health last written, or None where there is none of this boot.

        Raises:
            StoreError: the file is locked, damaged or of another version.
        """
        try:
            with self._open() as connection:
                row = connection.execute(
                    "SELECT state FROM health WHERE subject = ?", (self._subject,)
                ).fetchone()
            return _converter.structure(json.loads(row[0]), Health) if row else None
        except sqlite3.Error as error:
            if "no such table" in str(error):
                return None  # nobody has written yet
            raise self._failed(error) from None
        except Exception as error:  # whatever cattrs raises for another version's state
            raise StoreError(f"not understood: {type(error).__name__}") from None

    def _write(self, text: str) -> None:
        with self._open() as connection:
            if not self._prepared:
                self._prepare(connection)
            connection.execute(
                "INSERT OR REPLACE INTO health (subject, state) VALUES (?, ?)",
                (self._subject, text),
            )

    def _count(self) -> None:
        generation = self.generation()
        if self._counter is not None:
            self._counter[:] = _COUNTER.pack(generation + 1)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._file, timeout=_BUSY_SECONDS, check_same_thread=False
            )
            self._prepared = False
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Set the file up; only who writes does, or the readers would lock it."""
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")  # it is worth one second
        connection.execute(
            "CREATE TABLE IF NOT EXISTS health (subject TEXT PRIMARY KEY, state TEXT)"
        )
        self._prepared = True

    def _failed(self, error: sqlite3.Error) -> StoreError:
        self.close()
        return StoreError(str(error))

    def _remove(self) -> None:
        self.close()
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                self._file.with_name(self._file.name + suffix).unlink()

    def close(self) -> None:
        """Close the connection to the file; the next use opens another."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def boot_id() -> str:
    """Return what changes with every boot: monotonic times mean nothing beyond it."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
