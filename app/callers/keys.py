"""The named keys in force: read again when their file changes, found by their digest.

A version that cannot be used, or a missing file, changes nothing and is told; to refuse
everybody, empty the file. Looking is one ``stat``, so every request looks.
"""

import hmac
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import structlog

from app.callers.caller import LOCAL, OPERATOR, Allowance, Caller
from app.callers.file import UnusableFile, read_callers

# Seconds that a file has to rest before it is read: who writes it in place empties it
# first, and its time is no finer than some milliseconds.
_RESTS = 0.3
_IN_FORCE = (
    "PROXY_API_KEYS_FILE cannot be used as it is now; the {} names read before are in"
    " force: {}"
)
_SHOWN = 3  # problems, in a sentence
log = structlog.get_logger(__name__)


class Keys:
    """Who has a key with a name, at this moment."""

    def __init__(self, file: Path | None, operator: bytes | None = None) -> None:
        """Read the file; what cannot be used has been refused at the server's start.

        A worker that is replaced later may find such a file: it knows no names then.
        """
        self._file, self._operator = file, operator
        self._reading = threading.Lock()
        self._callers: tuple[Caller, ...] = ()
        self._version: tuple[int, ...] | None = None
        self._problem: str | None = None
        if file is not None:
            self._read(file, _version(file))

    def name_of(self, digests: Iterable[bytes]) -> str | None:
        """Return whose key has one of these SHA-256; compared in constant time."""
        callers, offered = self._now(), tuple(digests)
        found = [
            caller.name
            for caller in callers
            for digest in offered
            if hmac.compare_digest(caller.digest, digest)
        ]
        return found[0] if found else None

    def allowance_of(self, name: str) -> Allowance:
        """Return what the caller may use; without a line in the file: everything."""
        found = (each.allowance for each in self._now() if each.name == name)
        return next(found, Allowance())

    def knows(self, name: str) -> bool:
        """Tell whether this is, still, a caller's name."""
        return name in (OPERATOR, LOCAL) or any(n.name == name for n in self._now())

    def problems(self) -> tuple[str, ...]:
        """Return the sentence that says why the file is not in force, if it is not."""
        self._now()
        return (self._problem,) if self._problem else ()

    def _now(self) -> tuple[Caller, ...]:
        if self._file is not None:
            version = _version(self._file)
            if version != self._version and _rests(version):
                with self._reading:
                    if version != self._version:  # another thread has not been quicker
                        self._read(self._file, version)
        return self._callers

    def _read(self, file: Path, version: tuple[int, ...] | None) -> None:
        before = self._problem
        try:
            self._callers = read_callers(file, self._operator)
            self._problem = None
        except UnusableFile as error:
            told = " ".join(error.problems[:_SHOWN])
            self._problem = _IN_FORCE.format(len(self._callers), told)
        self._version = version
        if self._problem and self._problem != before:
            log.warning("keys not read", problem=self._problem)
        elif not self._problem:
            log.info("keys read", names=len(self._callers))


def _version(file: Path) -> tuple[int, ...] | None:
    """Return what differs between two versions of a file; None where there is none."""
    with suppress(OSError):
        seen = file.stat()
        private = (seen.st_mode, seen.st_uid)
        return (seen.st_ctime_ns, seen.st_ino, seen.st_size, *private)
    return None


def _rests(version: tuple[int, ...] | None) -> bool:
    return version is None or not 0 <= time.time() - version[0] / 1e9 < _RESTS
