"""One SQLite file that any process of this host may read, write, remove or damage.

SQLite, not a file written anew, because it lets any number of processes read what one
writes, and tells a damaged file. Nothing here is mapped into memory: a mapped file that
is cut off, or that the disk has no room for, kills its process (SIGBUS). The file may
vanish at any time; each use looks whether it is still there, and makes it anew.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

_SUFFIXES = ("", "-journal", "-wal", "-shm")

Connection = sqlite3.Connection
T = TypeVar("T")


class DatabaseError(Exception):
    """The file cannot be read or written now; the text says why."""


class Database:
    """The file, opened when first needed and in the process that needs it.

    SQLite's connections must not cross a fork. ``trouble`` says why the last use
    failed, None where it did not; ``lost_at`` is when the file was last found removed
    or damaged (monotonic), None if it never was.
    """

    def __init__(
        self,
        file: Path,
        schema: str,
        *,
        patience: float,
        keeps_damaged: bool = False,
        stays_open: bool = True,
    ) -> None:
        """Take its place and what is in it; nothing is opened before its first use.

        ``patience``: seconds to wait where it is locked; ``keeps_damaged``: a damaged
        file is set aside, not removed; ``stays_open``: between two uses, for who uses
        it all the time.
        """
        self.trouble: str | None = None
        self.lost_at: float | None = None
        self._file, self._schema = file, schema
        self._patience, self._keeps_damaged = patience, keeps_damaged
        self._stays_open = stays_open
        self._using = threading.RLock()
        self._connection: Connection | None = None
        self._opened: os.stat_result | None = None
        self._prepared = False

    def read(self, work: Callable[[Connection], T]) -> T | None:
        """Return what this reads; None where nobody has written yet.

        Raises:
            DatabaseError: locked for too long, damaged, no permission.
        """
        return self._use(lambda: self._read(work))

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do this in a transaction of its own; a damaged file is made anew for it.

        Raises:
            DatabaseError: locked for too long, disk full, no permission.
        """

        def write() -> T:
            try:
                return self._in_transaction(work)
            except sqlite3.OperationalError:  # nothing that another file would cure
                raise
            except sqlite3.DatabaseError:
                self._lose()
                return self._in_transaction(work)

        return self._use(write)

    def close(self) -> None:
        """Close the connection to the file; the next use opens another."""
        with self._using:
            self._opened = None
            self._disconnect()

    def _disconnect(self) -> None:
        self._prepared = False
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _use(self, work: Callable[[], T]) -> T:
        with self._using:
            try:
                done = work()
            except (sqlite3.Error, OSError) as error:
                self.close()
                self.trouble = getattr(error, "strerror", None) or str(error)
                raise DatabaseError(self.trouble) from None
            finally:
                if not self._stays_open:
                    self._disconnect()
            self.trouble = None
            return done

    def _read(self, work: Callable[[Connection], T]) -> T | None:
        if not self._file.exists():
            return None  # made by who writes
        try:
            return work(self._open())
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return None
            raise

    def _in_transaction(self, work: Callable[[Connection], T]) -> T:
        connection = self._open()
        if not self._prepared:
            self._prepare(connection)
        connection.execute("BEGIN IMMEDIATE")  # or two readers could not both go on
        try:
            done = work(connection)
            connection.commit()
        except BaseException:
            with suppress(sqlite3.Error):
                connection.rollback()
            raise
        return done

    def _open(self) -> Connection:
        if self._opened and not is_at(self._file, self._opened):
            self.lost_at = time.monotonic()
            self.close()
        if self._connection is None:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
            self._opened = self._file.stat()
            self._connection = sqlite3.connect(
                self._file,
                timeout=self._patience,
                check_same_thread=False,
                isolation_level=None,
            )
        return self._connection

    def _prepare(self, connection: Connection) -> None:
        """Set the file up; only who writes does, or the readers would lock it."""
        # Not WAL, whose index is mapped. Not synced: it outlives any process's end, and
        # what a power cut takes is worth less than a sync for each request.
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(self._schema)
        self._prepared = True

    def _lose(self) -> None:
        """Make room for another file in the place of a damaged one."""
        self.close()
        self.lost_at = time.monotonic()
        if self._keeps_damaged:
            self._file.replace(self._file.with_name(f"{self._file.name}.damaged"))
        for suffix in _SUFFIXES:
            with suppress(OSError):
                self._file.with_name(self._file.name + suffix).unlink()


def is_at(path: Path, opened: os.stat_result) -> bool:
    """Tell whether what was opened is still what lies there."""
    try:
        return os.path.samestat(path.stat(), opened)
    except OSError:
        return False
