"""A pseudo-terminal with a program in it: what it draws, and keys for it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
from typing import Any

from tests.support.waiting import wait_until

ALTERNATE, NORMAL = "\x1b[?1049h", "\x1b[?1049l"
_HOME = "\x1b[H"  # each picture begins there
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """One program at a terminal of its own, of this many rows and columns."""

    def __init__(self, command: list[str], rows: int = 40, columns: int = 110) -> None:
        self._ours, self._theirs = pty.openpty()
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, size)
        self.modes = self._modes()
        self.written = ""
        self.process = subprocess.Popen(
            command,
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def screen(self) -> str:
        """Return the last whole picture, without what moves or colours."""
        pictures = self.written.split(_HOME)
        return _ESCAPES.sub("", pictures[-2]) if len(pictures) > 2 else ""

    def shows(self, *texts: str) -> str:
        """Wait until all of these are shown, and return the picture."""
        picture: str = wait_until(
            lambda: all(text in (seen := self.screen) for text in texts) and seen, 60
        )
        return picture

    def press(self, key: str) -> None:
        os.write(self._ours, key.encode())

    def ends(self) -> int:
        """Wait until the program has ended, and return its exit code."""
        code = self.process.wait(30)
        self.restored = self._modes() == self.modes
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        os.close(self._theirs)
        self._reader.join()  # all that it wrote has been read then
        os.close(self._ours)

    def _modes(self) -> list[Any]:
        return termios.tcgetattr(self._theirs)

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._ours, 65536)
            except OSError:  # nobody has the other end open
                return
            self.written += chunk.decode(errors="replace")
