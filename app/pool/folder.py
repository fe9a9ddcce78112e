"""This worker's own folder, in which the private folders of its processes lie.

A lock that its owner's death releases says whether it is in use, so whoever comes next
removes what a killed worker left, and never what belongs to one that lives.
"""

import fcntl
import os
import shutil
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

_PREFIX, _LOCK = "claude-pool-", ".lock"


class OwnFolder:
    """A folder below ``parent``, made when it is first asked for; any thread may."""

    def __init__(self, parent: Path | None) -> None:
        """Take where it is to lie; None: where the system keeps what is temporary."""
        self._parent = parent or Path(tempfile.gettempdir())
        self._making = threading.Lock()
        self._path: Path | None = None
        self._lock: int | None = None

    def path(self) -> Path:
        """Return the folder, made anew where somebody has removed it.

        Raises:
            OSError: it cannot be made.
        """
        with self._making:
            if self._path is None or not self._path.is_dir():
                self._remove()
                self._path = self._make()
            return self._path

    def _make(self) -> Path:
        try:
            return self._make_in(self._parent)
        except OSError:  # a full disk, or one without inodes, need not end requests
            return self._make_in(Path(tempfile.gettempdir()))

    def _make_in(self, parent: Path) -> Path:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            lock, name = tempfile.mkstemp(_LOCK, _PREFIX, parent)
            if _hold(lock) and _is_at(name, lock):
                break
            os.close(lock)  # somebody sweeps just now, and took it for a dead one's
        folder = Path(name.removesuffix(_LOCK))
        try:
            folder.mkdir(mode=0o700)
        except OSError:
            Path(name).unlink()
            os.close(lock)
            raise
        self._lock = lock
        return folder

    def sweep(self) -> None:
        """Remove the folders of workers that have died."""
        for folder in self._parent.glob(f"{_PREFIX}*"):
            with suppress(OSError):
                _remove_if_dead(folder.with_name(folder.name.removesuffix(_LOCK)))

    def close(self) -> None:
        """Remove the folder."""
        with self._making:
            self._remove()

    def _remove(self) -> None:
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)
            _lock_of(self._path).unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
        self._path = self._lock = None


def _remove_if_dead(folder: Path) -> None:
    """Remove a folder whose lock nobody holds; it is made after its lock is held."""
    try:
        lock = os.open(_lock_of(folder), os.O_RDWR)
    except FileNotFoundError:
        shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        if _hold(lock):
            shutil.rmtree(folder, ignore_errors=True)
            _lock_of(folder).unlink(missing_ok=True)
    finally:
        os.close(lock)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + _LOCK)


def _hold(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(name: str, opened: int) -> bool:
    try:
        return os.path.samestat(Path(name).stat(), os.fstat(opened))
    except OSError:
        return False
