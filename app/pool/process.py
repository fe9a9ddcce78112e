"""A warm CLI in its private folder: started, told, listened to, ended."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Self

from app.claude.child import Child
from app.claude.errors import ClaudeError, CliCrashed, CliTimeout
from app.claude.login import account_file, config_folder
from app.pool import command, lines
from app.pool.events import Acknowledged, Line, Models
from app.pool.parsing import read_line

Litter = Callable[[int], Iterable[Path]]

_LOOK_EVERY = 0.2  # seconds between two looks at whether a start was given up


class Process:
    """One process; one thread at a time talks to it, any may ``kill`` it.

    ``models`` are those it says it offers, as far as it has.
    """

    def __init__(self, child: Child, folder: Path, litter: Litter) -> None:
        """Take what ``start`` has started; ``litter`` finds what a pid leaves."""
        self.born = time.monotonic()
        self.models: tuple[str, ...] = ()
        self._child, self._folder, self._litter = child, folder, litter

    @classmethod
    def start(
        cls,
        cli: Path,
        inherited: dict[str, str],
        parent: Path | None,
        seconds: float,
        *,
        key_helper: str | None = None,
        given_up: Callable[[], bool] = lambda: False,
    ) -> Self:
        """Start a process in a private folder below ``parent``; return it warm.

        ``key_helper`` is the user's command that prints a key (``apiKeyHelper``).

        Raises:
            CliCrashed, CliTimeout: it did not get warm within ``seconds``, or
                ``given_up`` said so meanwhile.
        """
        until = time.monotonic() + seconds
        folder = Path(tempfile.mkdtemp(prefix="claude-", dir=parent))
        environment = command.environment(inherited, folder)
        try:
            settings = _handed_on(folder, key_helper)
            arguments = command.command(cli, settings)
            child = Child.start(arguments, environment, folder, until)
        except (ClaudeError, OSError):
            shutil.rmtree(folder, ignore_errors=True)
            raise
        process = cls(child, folder, partial(_litter, environment))
        try:
            process._get_warm(until, given_up)
        except (EOFError, CliTimeout) as error:
            process.kill()
            process.reap()
            if isinstance(error, EOFError):
                raise CliCrashed("it ended while it started") from None
            raise
        return process

    def _get_warm(self, until: float, given_up: Callable[[], bool]) -> None:
        """Wait for it; nothing that is sent by mistake is then answered by anybody."""
        asked = [lines.list_models(), lines.is_warm(), lines.refuse_all()]
        self.tell(asked, until)
        due = 2
        while due and (now := time.monotonic()) < until and not given_up():
            line = self.listen(min(until, now + _LOOK_EVERY))
            due -= isinstance(line, Acknowledged)
            self.models = line.names if isinstance(line, Models) else self.models
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
        """Wait for its end and remove what it leaves: its folder, and its litter."""
        self._child.reap()
        shutil.rmtree(self._folder, ignore_errors=True)
        for file in self._litter(self._child.pid):
            file.unlink(missing_ok=True)


def _litter(environment: Mapping[str, str], pid: int) -> Iterator[Path]:
    """Find what a killed CLI leaves beside its settings, named after it (measured).

    The notes on its session, and the account's file where it was just being written.
    """
    yield from (config_folder(environment) / "sessions").glob(f"{pid}.*")
    account = account_file(environment)
    yield from account.parent.glob(f"{account.name}.tmp.{pid}.*")


def _handed_on(folder: Path, key_helper: str | None) -> Path | None:
    """Write the settings that a process has from its user: no one else may read them.

    Not on its command line, which every user of the host can see.
    """
    if key_helper is None:
        return None
    file = folder / "settings.json"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as opened:
        json.dump({"apiKeyHelper": key_helper}, opened)
    return file
