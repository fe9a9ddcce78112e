"""The health all workers of a host share: one SQLite file, and one prober at a time.

The prober holds a lock on a file, which its death releases, and writes the health after
every look. The others read it. What requests ended with is written by whoever served
them, and read by the prober. Both files may vanish at any time, and are made anew.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from cattrs.preconf.json import make_converter

from app.components.evidence import Traffic
from app.database import Connection, Database, DatabaseError
from app.monitor.leadership import Leadership
from app.monitor.state import Health

_HEALTH, _TRAFFIC = "health", "traffic"
_CREATE = "CREATE TABLE IF NOT EXISTS {} (subject TEXT PRIMARY KEY, state TEXT);"
_SELECT = "SELECT state FROM {} WHERE subject = ?"
_INSERT = "INSERT OR REPLACE INTO {} (subject, state) VALUES (?, ?)"
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

T = TypeVar("T")


class StoreError(Exception):
    """The shared state cannot be read or written now; the text says why."""


class Store:
    """What is shared of one subject: one CLI with one login, as one user sees them."""

    def __init__(self, folder: Path, subject: str) -> None:
        schema = "".join(map(_CREATE.format, (_HEALTH, _TRAFFIC)))
        file = folder / "health.sqlite"
        self._database = Database(file, schema, patience=_BUSY_SECONDS)
        self._leadership = Leadership(folder / f"{subject}.lock")
        self._subject = subject
        self._trouble: str | None = None

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
        losses = (self._database.lost_at, self._leadership.lost_at)
        now = time.monotonic()
        if any(at is not None and now - at < _LOSS_TOLD_FOR for at in losses):
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
            self.close()
            raise self._failed(error) from None

    def stop_leading(self) -> None:
        """Let another process probe."""
        self._leadership.let_go()

    def generation(self) -> int:
        """Return a number that changes with every save, by whichever process."""
        return self._leadership.generation

    def traffic_generation(self) -> int:
        """Return one that changes with every change of the traffic."""
        return self._leadership.traffic_generation

    def save(self, health: Health) -> None:
        """Write the health for all to read; a damaged file is made anew.

        Raises:
            StoreError: locked for too long, disk full, no permission.
        """
        text = _written(health)
        try:
            self._update(_HEALTH, lambda _: text)
            self._leadership.tell_news()
        except (DatabaseError, OSError) as error:
            with suppress(OSError):
                self._leadership.tell_unshared()
            raise self._failed(error) from None
        self._trouble = None

    def load(self) -> Health | None:
        """Return the health last written, or None where there is none of this boot.

        Raises:
            StoreError: the file is locked, damaged or of another version.
        """
        return self._load(_HEALTH, Health)

    def change_traffic(self, change: Callable[[Traffic | None], Traffic]) -> None:
        """Put what ``change`` makes of the traffic in its place, for the prober.

        It is given None where there is none, or none that can be understood.

        Raises:
            StoreError: locked for too long, disk full, no permission.
        """

        def changed(text: str | None) -> str:
            known = None
            with suppress(Exception):  # whatever cattrs raises for another version's
                known = _read(text, Traffic)
            return _written(change(known))

        try:
            self._update(_TRAFFIC, changed)
            self._leadership.tell_traffic()
        except (DatabaseError, OSError) as error:
            raise self._failed(error) from None

    def load_traffic(self) -> Traffic | None:
        """Return the traffic last written, or None where there is none of this boot.

        Raises:
            StoreError: the file is locked, damaged or of another version.
        """
        return self._load(_TRAFFIC, Traffic)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._database.close()

    def _load(self, table: str, kind: type[T]) -> T | None:
        try:
            text = self._database.read(lambda file: self._text(file, table))
        except DatabaseError as error:
            raise self._failed(error) from None
        try:
            found = _read(text, kind)
        except Exception as error:  # whatever cattrs raises for another version's
            raise StoreError(f"not understood: {type(error).__name__}") from None
        self._trouble = None
        return found

    def _update(self, table: str, change: Callable[[str | None], str]) -> None:
        """Put what ``change`` makes of a text in its place, nobody else in between."""

        def update(file: Connection) -> None:
            text = change(self._text(file, table))
            file.execute(_INSERT.format(table), (self._subject, text))

        self._database.write(update)

    def _text(self, file: Connection, table: str) -> str | None:
        row = file.execute(_SELECT.format(table), (self._subject,)).fetchone()
        return str(row[0]) if row else None

    def _failed(self, error: DatabaseError | OSError) -> StoreError:
        self._trouble = getattr(error, "strerror", None) or str(error)
        return StoreError(self._trouble)


def _written(state: Health | Traffic) -> str:
    return json.dumps(_converter.unstructure(state))


def _read(text: str | None, kind: type[T]) -> T | None:
    return _converter.structure(json.loads(text), kind) if text else None


def boot_id() -> str:
    """Return what changes with every boot: monotonic times mean nothing beyond it."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
