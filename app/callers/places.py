"""Places of a caller's running requests, shared by all workers: locks on files.

The kernel lets go of a killed worker's locks, so that no place is ever lost, and knows
them without any of our counting. Where no lock can be had, there is a place.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NOT_LIMITED = "Limits of parallel requests do not hold ({})."


class Places:
    """The places of all callers, each a file in ``folder``."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made when first needed."""
        self._folder = folder
        self._trouble: str | None = None

    @contextmanager
    def taken(self, caller: str, most: int) -> Iterator[bool]:
        """Hold one of the caller's ``most`` places; False: all are taken."""
        try:
            place = self._take(caller, most)
            self._trouble = None
        except OSError as error:
            self._trouble = error.strerror or str(error)
            yield True
            return
        try:
            yield place is not None
        finally:
            if place is not None:
                _let_go(place)

    def problems(self) -> tuple[str, ...]:
        """Return the sentence that says why places are not limited, if so."""
        return (_NOT_LIMITED.format(self._trouble),) if self._trouble else ()

    def _take(self, caller: str, most: int) -> int | None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(most):
            file = self._folder / f"{caller}.{number}.lock"
            opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(opened)
            except OSError:
                os.close(opened)
                raise
            else:
                return opened
        return None


def _let_go(place: int) -> None:
    # Unlocked, not only closed: a child that is just being started has a copy.
    with suppress(OSError):
        fcntl.flock(place, fcntl.LOCK_UN)
    os.close(place)
