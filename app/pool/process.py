"""A warm CLI in its private folder: started, told, listened to, ended."""

import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from app.claude.child import Child
from app.claude.errors import ClaudeError, CliCrashed, CliTimeout
from app.claude.login import config_folder
from app.pool import command, lines
from app.pool.events import Acknowledged, Line
from app.pool.parsing import read_line


class Process:
    """One process; one thread at a time talks to it, any may ``kill`` it."""

    def __init__(self, child: Child, folder: Path, notes: Path) -> None:
        """Take what ``start`` has started; ``notes`` is the CLI's folder of those."""
        self.born = time.monotonic()
        self._child, self._folder, self._notes = child, folder, notes

    @classmethod
    def start(
        cls, cli: Path, inherited: dict[str, str], parent: Path | None, seconds: float
    ) -> Self:
        """Start a process in a private folder below ``parent``; return it warm.

        Raises:
            CliCrashed, CliTimeout: it did not get warm within ``seconds``.
        """
        until = time.monotonic() + seconds
        folder = Path(tempfile.mkdtemp(prefix="claude-", dir=parent))
        environment = command.environment(inherited, folder)
        try:
            child = Child.start(command.command(cli), environment, folder, until)
        except ClaudeError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        process = cls(child, folder, config_folder(environment) / "sessions")
        try:
            process._get_warm(until)
        except (EOFError, CliTimeout) as error:
            process.kill()
            process.reap()
            if isinstance(error, EOFError):
                raise CliCrashed("it ended while it started") from None
            raise
        return process

    def _get_warm(self, until: float) -> None:
        """Wait for it; nothing that is sent by mistake is then answered by anybody."""
        self.tell([lines.is_warm(), lines.refuse_all()], until)
        due = 2
        while due and time.monotonic() < until:
            due -= isinstance(self.listen(until), Acknowledged)
        if not due:
            return
        raise CliTimeout("not warm before the deadline")

    def tell(self, parts: Iterable[bytes], until: float) -> None:
        """Write to its stdin.

        Raises:
            CliTimeout: it had not read all at the monotonic time ``until``.
            EOFError: it has ended.
        """
        self._child.write(parts, until)

    def listen(self, until: float) -> Line | None:
        """Return its next line that means something; None: there was none in time.

        Raises:
            EOFError: it has ended.
        """
        while (raw := self._child.read_line(until)) is not None:
            if line := read_line(raw):
                return line
        return None

    @property
    def pid(self) -> int:
        """Its process id, for looking at it only."""
        return self._child.pid

    @property
    def memory(self) -> int | None:
        """Its resident size in bytes, where the system tells."""
        return self._child.memory

    @property
    def ended(self) -> bool:
        """Whether it is gone; ``reap`` then does not wait."""
        return self._child.ended

    def kill(self) -> None:
        """End it and all it started, at once."""
        self._child.kill()

    def let_go(self) -> None:
        """Ask it to end, in its own time: it may be renewing the login."""
        self._child.let_go()

    def reap(self) -> None:
        """Wait for its end and remove what it leaves: its folder, and its notes.

        A killed CLI leaves files named after its pid beside its settings (measured).
        """
        self._child.reap()
        shutil.rmtree(self._folder, ignore_errors=True)
        for note in self._notes.glob(f"{self._child.pid}.*"):
            note.unlink(missing_ok=True)
