"""What each caller has used by UTC day, and when it last asked: for all workers.

Kept for 90 days, across restarts and kills. What cannot be written now is written with
the next request that ends; only what runs when its worker is killed is lost.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.database import Connection, Database, DatabaseError

KEPT_DAYS = 90
_MINUTE = 60.0
_BUSY_SECONDS = 0.5  # on a busy machine who writes may have to wait for its turn
_LOSS_TOLD_FOR = 60.0  # seconds
_COLUMNS = (
    *("requests", "errors", "input_tokens", "output_tokens"),
    *("cache_creation_input_tokens", "cache_read_input_tokens"),
)
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS usage (
  day TEXT, caller TEXT, {", ".join(f"{name} INTEGER" for name in _COLUMNS)},
  PRIMARY KEY (day, caller)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS asked (caller TEXT, at REAL);
CREATE INDEX IF NOT EXISTS asked_at ON asked (caller, at);
"""
_ADD = f"""
INSERT INTO usage VALUES (?, ?{", ?" * len(_COLUMNS)}) ON CONFLICT (day, caller)
DO UPDATE SET
{", ".join(f"{name} = {name} + excluded.{name}" for name in _COLUMNS)}
"""  # noqa: S608
_COUNTED = "input_tokens + output_tokens + cache_creation_input_tokens"
_NOT_KEPT = (
    "Usage cannot be kept in STATE_DIR ({}): limits per minute and day do not hold, and"
    " what is not written before the end is lost."
)
_LOST = "The usage in STATE_DIR was removed or damaged less than 60 s ago."


@dataclass(frozen=True, slots=True)
class Tally:
    """How many requests, how many of them ended badly, and their tokens."""

    requests: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Sum two up."""
        return Tally(
            *(a + b for a, b in zip(astuple(self), astuple(other), strict=True))
        )


@dataclass(frozen=True, slots=True)
class Line:
    """What one caller has used on one day (``YYYY-MM-DD``, UTC)."""

    day: str
    caller: str
    tally: Tally


class Ledger:
    """The usage of all callers of this host's service, in ``folder``."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """Take the folder; nothing is read or made before the first request."""
        file = folder / "callers.sqlite"
        self._database = Database(
            file, _SCHEMA, patience=_BUSY_SECONDS, keeps_damaged=True
        )
        self._clock = clock
        self._noting = threading.Lock()
        self._unwritten: dict[tuple[str, str], Tally] = {}

    def today(self) -> date:
        """Return the UTC day that is."""
        return datetime.fromtimestamp(self._clock(), UTC).date()

    def problems(self) -> tuple[str, ...]:
        """Return a sentence for each thing that is wrong here, or was a moment ago."""
        trouble = self._database.trouble
        found = (_NOT_KEPT.format(trouble),) if trouble else ()
        lost_at = self._database.lost_at
        lost = lost_at is not None and time.monotonic() - lost_at < _LOSS_TOLD_FOR
        return (*found, _LOST) if lost else found

    def note(self, caller: str, used: Tally) -> None:
        """Add what one request has used; what cannot be written waits for the next."""
        key = self.today().isoformat(), caller
        with self._noting:
            self._unwritten[key] = self._unwritten.get(key, Tally()) + used
            try:
                self._database.write(self._write)
            except DatabaseError:
                return
            self._unwritten.clear()

    def _write(self, connection: Connection) -> None:
        rows = [(*key, *astuple(used)) for key, used in self._unwritten.items()]
        connection.executemany(_ADD, rows)
        connection.execute("DELETE FROM usage WHERE day < ?", (self._first_day(),))

    def lines(self, since: date, caller: str | None = None) -> list[Line]:
        """Return what was used from that day on, by day and name; ``caller``: its own.

        Raises:
            DatabaseError: it cannot be read now.
        """
        first = max(since.isoformat(), self._first_day())
        rows = self._database.read(
            lambda connection: connection.execute(
                "SELECT * FROM usage WHERE day >= ? AND caller = ifnull(?, caller)"
                " ORDER BY day, caller",
                (first, caller),
            ).fetchall()
        )
        return [Line(day, name, Tally(*counts)) for day, name, *counts in rows or ()]

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._database.close()

    def _first_day(self) -> str:
        return (self.today() - timedelta(days=KEPT_DAYS - 1)).isoformat()

    def tokens_today(self, caller: str) -> int:
        """Return the tokens of today that count against a limit.

        Raises:
            DatabaseError: they cannot be read now.
        """
        key = self.today().isoformat(), caller
        found = self._database.read(
            lambda connection: connection.execute(
                f"SELECT {_COUNTED} FROM usage WHERE day = ? AND caller = ?",  # noqa: S608
                key,
            ).fetchone()
        )
        return int(found[0]) if found else 0

    def seconds_to_midnight(self) -> float:
        """Return in how many seconds the UTC day ends."""
        next_day = self.today() + timedelta(days=1)
        midnight = datetime(next_day.year, next_day.month, next_day.day, tzinfo=UTC)
        return midnight.timestamp() - self._clock()

    def ask(self, caller: str, most: int) -> float:
        """Note that it asks, unless it has asked ``most`` times in the last 60 seconds.

        Returns the seconds until it may; 0: it was noted.

        Raises:
            DatabaseError: that cannot be known now.
        """
        now = self._clock()

        def count(connection: Connection) -> float:
            # Those to come are of a clock that was set back since.
            old = "DELETE FROM asked WHERE caller = ? AND NOT at BETWEEN ? AND ?"
            connection.execute(old, (caller, now - _MINUTE, now))
            last = connection.execute(
                "SELECT at FROM asked WHERE caller = ? ORDER BY at DESC LIMIT 1"
                " OFFSET ?",
                (caller, most - 1),
            ).fetchone()
            if last:
                return float(last[0]) + _MINUTE - now
            connection.execute("INSERT INTO asked VALUES (?, ?)", (caller, now))
            return 0.0

        return self._database.write(count)
