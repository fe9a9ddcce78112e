"""A file of counts that survives a full disk and its own removal.

``prometheus_client`` maps its files into memory. A mapped page that the disk has no
room for, or that was cut off, is a SIGBUS: the process and its connections are gone.
Here the values are in this process's memory, and each is also written to the file. What
cannot be written now is written once that is possible again; nothing is lost by it.
Leans on ``MmapedDict`` of prometheus_client 0.26: decision 8.
"""

import json
import os
import struct
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

_LOOK_EVERY = 1.0  # seconds between two looks whether the file is still ours
_HEAD = struct.Struct("ii")  # bytes in use, padding
_LENGTH = struct.Struct("i")
_VALUE = struct.Struct("dd")  # value, timestamp
_FULL = "No space left on device"

kept: set["CountFile"] = set()


class _Written(bytearray):
    """Bytes that tell their file of every change; they grow where that is needed."""

    file: "CountFile"

    def __setitem__(self, where: slice, data: bytes) -> None:  # type: ignore[override]
        """Change bytes here and in the file."""
        super().__setitem__(where, data)
        self.file.write(where.start, data)


class CountFile(MmapedDict):
    """The values of one kind of metric of one process, by key, and their file.

    ``problem`` says why the file cannot be written now, None where it is.
    """

    def __init__(self, filename: str) -> None:
        """Go on with what the file holds, if that can be understood."""
        self.problem: str | None = None
        self._path = Path(filename)
        self._descriptor: int | None = None
        self._look_at = 0.0
        self._writing = threading.Lock()
        content = _HEAD.pack(_HEAD.size, 0)
        self._positions: dict[str, int] = {}
        with suppress(OSError, ValueError):
            found = self._path.read_bytes()
            self._positions = positions(found)
            content = found[: _HEAD.unpack_from(found)[0]]
        written = _Written(content)
        written.file = self
        self._m = written  # type: ignore[assignment]
        self._used = len(content)
        self._capacity = sys.maxsize  # never to be grown by the class above
        kept.add(self)
        self.keep()

    def write(self, at: int, data: bytes) -> None:
        """Write a change to the file; see once a second that it is still there."""
        with self._writing:
            if time.monotonic() >= self._look_at:
                self._keep()
            if self._descriptor is not None and not self.problem:
                try:
                    written = os.pwrite(self._descriptor, data, at)
                    self.problem = None if written == len(data) else _FULL
                except OSError as error:
                    self.problem = error.strerror

    def keep(self) -> None:
        """See that the file is there and ours; otherwise write it anew, all of it."""
        with self._writing:
            self._keep()

    def _keep(self) -> None:
        self._look_at = time.monotonic() + _LOOK_EVERY
        try:
            if self.problem or not self._is_ours():
                self._write_anew()
            self.problem = None
        except OSError as error:
            self.problem = error.strerror or _FULL

    def _is_ours(self) -> bool:
        if self._descriptor is None:
            return False
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        begin = os.pread(self._descriptor, _HEAD.size, 0)
        whole = begin == self._m[: _HEAD.size] and there.st_size >= len(self._m)
        return whole and os.path.samestat(there, os.fstat(self._descriptor))

    def _write_anew(self) -> None:
        self._let_go()
        for folder in (self._path.parent.parent, self._path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(self._path, flags, 0o600)
        content = bytes(self._m)
        if os.pwrite(self._descriptor, content, 0) < len(content):
            raise OSError
        os.ftruncate(self._descriptor, len(content))

    def _let_go(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def close(self) -> None:
        """Let go of the file, which stays: after a fork, or at the end."""
        kept.discard(self)
        with self._writing:
            self._let_go()


def positions(content: bytes) -> dict[str, int]:
    """Return where in a file's content the value of each key is.

    By hand, since the library's own reader may go round for ever in a damaged file.

    Raises:
        ValueError: the content is cut off or damaged.
    """
    if len(content) < _HEAD.size:
        raise ValueError("no head")
    used = _HEAD.unpack_from(content)[0]
    at, found = _HEAD.size, {}
    while at < used:
        begin = at + _LENGTH.size
        if begin > min(used, len(content)):
            raise ValueError("cut off")
        length = _LENGTH.unpack_from(content, at)[0]
        value = begin + length + 8 - (length + _LENGTH.size) % 8
        at = value + _VALUE.size
        if length <= 0 or at > min(used, len(content)):
            raise ValueError("cut off")
        key = content[begin : begin + length].decode()
        if len(json.loads(key)) != 4:
            raise ValueError("no key")
        found[key] = value
    if at != used:
        raise ValueError("damaged")
    return found
