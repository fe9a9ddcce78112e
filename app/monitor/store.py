"""The health all workers of a host share: one SQLite file, and one prober at a time.

The prober holds a lock on a file, which its death releases, and writes the health after
every look. The others read it. SQLite, not a file written anew, because it lets any
number of processes read what one writes, and tells a damaged file.

Nothing here is mapped into memory: a mapped file that is cut off, or that the disk has
no room for, kills its process (SIGBUS). Both files may vanish at any time; each use
looks whether they are still there, and makes them anew.
"""

import json
import os
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path

from cattrs.preconf.json import make_converter

from app.monitor.leadership import Leadership, is_at
from app.monitor.state import Health

_BUSY_SECONDS = 0.1
_LOSS_TOLD_FOR = 60.0  # seconds
_NOT_SHARED = (
    "The health cannot be shared through STATE_DIR ({}): every worker checks for"
    " itself."
)
_LOST = (
    "The state in STATE_DIR was removed or damaged less than 60 s ago; it is made anew."
)
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
        self._leadership = Leadership(folder / f"{subject}.lock")
        self._subject = subject
        self._using = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._opened: os.stat_result | None = None
        self._prepared = False
        self._trouble: str | None = None
        self._lost_at = -_LOSS_TOLD_FOR

    @property
    def leads(self) -> bool:
        """Tell whether this process is the one that probes."""
        return self._leadership.held

    @property
    def unshared(self) -> bool:
        """Tell whether the one prober has said that it cannot write what it finds."""
        return self._leadership.unshared

    def problems(self) -> tuple[str, ...]:
        """Return a sentence for each thing that is wrong here, or was a moment ago."""
        found = [_NOT_SHARED.format(self._trouble)] if self._trouble else []
        lost_at = max(self._lost_at, self._leadership.lost_at or -_LOSS_TOLD_FOR)
        if time.monotonic() - lost_at < _LOSS_TOLD_FOR:
            found.append(_LOST)
        return tuple(found)

    def try_to_lead(self) -> bool:
        """Become the one prober, unless another process is; to be asked ever again.

        Raises:
            StoreError: the lock's file cannot be opened or made.
        """
        try:
            return self._leadership.try_to_hold()
        except OSError as error:
            raise self._failed(error) from None

    def stop_leading(self) -> None:
        """Let another process probe."""
        self._leadership.let_go()

    def generation(self) -> int:
        """Return a number that changes with every save, by whichever process."""
        return self._leadership.generation

    def save(self, health: Health) -> None:
        """Write the health for all to read; a damaged file is made anew.

        Raises:
            StoreError: locked for too long, disk full, no permission.
        """
        text = json.dumps(_converter.unstructure(health))
        with self._using:
            try:
                try:
                    self._write(text)
                except sqlite3.OperationalError:  # nothing that another file would cure
                    raise
                except sqlite3.DatabaseError:
                    self._remove()
                    self._write(text)
                self._leadership.tell_news()
            except (sqlite3.Error, OSError) as error:
                with suppress(OSError):
                    self._leadership.tell_unshared()
                raise self._failed(error) from None
            self._trouble = None

    def load(self) -> Health | None:
        """Return the health last written, or None where there is none of this boot.

        Raises:
            StoreError: the file is locked, damaged or of another version.
        """
        with self._using:
            try:
                row = self._read()
                found = (
                    _converter.structure(json.loads(row[0]), Health) if row else None
                )
            except (sqlite3.Error, OSError) as error:
                raise self._failed(error) from None
            except Exception as error:  # whatever cattrs raises for another version's
                raise StoreError(f"not understood: {type(error).__name__}") from None
            self._trouble = None
            return found

    def _write(self, text: str) -> None:
        with self._open() as connection:
            if not self._prepared:
                self._prepare(connection)
            connection.execute(
                "INSERT OR REPLACE INTO health (subject, state) VALUES (?, ?)",
                (self._subject, text),
            )

    def _read(self) -> tuple[str] | None:
        if not self._file.exists():
            return None  # made by who writes
        try:
            with self._open() as connection:
                found: tuple[str] | None = connection.execute(
                    "SELECT state FROM health WHERE subject = ?", (self._subject,)
                ).fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return None  # nobody has written yet
            raise
        return found

    def _open(self) -> sqlite3.Connection:
        if self._opened and not is_at(self._file, self._opened):
            self._lost_at = time.monotonic()
            self.close()
        if self._connection is None:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
            self._opened = self._file.stat()
            self._connection = sqlite3.connect(
                self._file, timeout=_BUSY_SECONDS, check_same_thread=False
            )
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Set the file up; only who writes does, or the readers would lock it."""
        # Not WAL, whose index is mapped.
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        connection.execute("PRAGMA synchronous = OFF")  # it is worth one second
        connection.execute(
            "CREATE TABLE IF NOT EXISTS health (subject TEXT PRIMARY KEY, state TEXT)"
        )
        self._prepared = True

    def _failed(self, error: sqlite3.Error | OSError) -> StoreError:
        self.close()
        self._trouble = getattr(error, "strerror", None) or str(error)
        return StoreError(self._trouble)

    def _remove(self) -> None:
        self.close()
        self._lost_at = time.monotonic()
        for suffix in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                self._file.with_name(self._file.name + suffix).unlink()

    def close(self) -> None:
        """Close the connection to the file; the next use opens another."""
        with self._using:
            self._opened, self._prepared = None, False
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
