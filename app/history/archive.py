"""Where the past is kept: minutes for two days, hours for ninety, in one SQLite file.

Beside the shared health in STATE_DIR, not in its file: that one is written every second
and is worth nothing after a restart; what damages it costs no history. A damaged file
is set aside, and another begun.
"""

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from app.claude.environment import child_environment, home
from app.database import Connection, Database
from app.history.slot import Slot
from config.settings import Settings

MINUTE, HOUR, DAY = 60, 3600, 86400
# Rows, not an age: a clock that jumps ahead for a moment must not make all of them old.
KEPT = {MINUTE: 48 * 60, HOUR: 90 * 24}
_BUSY_SECONDS = 0.5
_LOSS_TOLD_FOR = 60.0  # seconds
_SCHEMA = """
CREATE TABLE IF NOT EXISTS slots (
  subject TEXT, span INTEGER, at INTEGER, slot BLOB,
  PRIMARY KEY (subject, span, at)) WITHOUT ROWID;
"""
_SELECT = "SELECT slot FROM slots WHERE subject = ? AND span = ? AND at = ?"
_RANGE = """
SELECT at, slot FROM slots WHERE subject = ? AND span = ? AND at >= ? AND at < ?
ORDER BY at
"""
_DELETE = """
DELETE FROM slots WHERE subject = ? AND span = ? AND at <= (
  SELECT at FROM slots WHERE subject = ? AND span = ?
  ORDER BY at DESC LIMIT 1 OFFSET ?)
"""
_NOT_KEPT = (
    "The history cannot be kept in STATE_DIR ({}): what is not written before the end"
    " is lost."
)
_LOST = (
    "The history in STATE_DIR was removed or damaged less than 60 s ago; it begins"
    " anew."
)
_read = msgspec.msgpack.Decoder(Slot).decode
_written = msgspec.msgpack.Encoder().encode


class Archive:
    """The past of one subject: one CLI with one login, through restarts and boots."""

    def __init__(self, folder: Path, subject: str) -> None:
        """Take the folder; nothing is read or made before it is used."""
        file = folder / "history.sqlite"
        # Not kept open for a use in ten seconds: a worker that has led, or answered one
        # question, would hold a removed file, and its room on the disk, to its end.
        self._database = Database(
            file,
            _SCHEMA,
            patience=_BUSY_SECONDS,
            keeps_damaged=True,
            stays_open=False,
        )
        self._subject = subject

    def add(self, minutes: Mapping[int, Slot]) -> None:
        """Add these minutes, by their start, each to its row and to its hour's.

        In one transaction: a minute is in its hour, or in neither.

        Raises:
            DatabaseError: locked for too long, disk full, no permission.
        """

        def add(connection: Connection) -> None:
            for at in sorted(minutes):
                for span in KEPT:
                    self._add(connection, span, at - at % span, minutes[at])
            for span, rows in KEPT.items():
                mine = self._subject, span
                connection.execute(_DELETE, (*mine, *mine, rows))

        self._database.write(add)

    def slots(self, span: int, since: float, until: float) -> list[tuple[int, Slot]]:
        """Return the minutes or hours that begin then, with their start (Unix time).

        Raises:
            DatabaseError: it cannot be read now.
        """

        def read(connection: Connection) -> list[tuple[int, bytes]]:
            asked = (self._subject, span, since, until)
            return connection.execute(_RANGE, asked).fetchall()

        rows = self._database.read(read) or []
        return [(at, _understood(slot)) for at, slot in rows]

    def problems(self) -> tuple[str, ...]:
        """Return a sentence for each thing that is wrong here, or was a moment ago."""
        trouble, lost_at = self._database.trouble, self._database.lost_at
        found = (_NOT_KEPT.format(trouble),) if trouble else ()
        lost = lost_at is not None and time.monotonic() - lost_at < _LOSS_TOLD_FOR
        return (*found, _LOST) if lost else found

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._database.close()

    def _add(self, connection: Connection, span: int, at: int, minute: Slot) -> None:
        key = self._subject, span, at
        row = connection.execute(_SELECT, key).fetchone()
        whole = _understood(row[0]) if row else Slot()
        whole.add(minute)
        connection.execute(
            "INSERT OR REPLACE INTO slots VALUES (?, ?, ?, ?)", (*key, _written(whole))
        )


def _understood(slot: bytes) -> Slot:
    """Return the slot; one of a version that we do not know is empty: a gap."""
    try:
        return _read(slot)
    except msgspec.DecodeError:
        return Slot()


def history_subject(
    settings: Settings, environment: Callable[[], dict[str, str]] = child_environment
) -> str:
    """Name one CLI with one login folder of one user: what the past is of.

    Not the monitor's subject, which ends with the boot and changes with a key.
    """
    parts = (
        str(os.getuid()),
        str(settings.claude_cli_path),
        environment().get("CLAUDE_CONFIG_DIR", str(home())),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
