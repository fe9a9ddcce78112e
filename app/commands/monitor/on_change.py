"""Runs a command at each change, in order, and ends it with the monitor."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.claude.errors import ClaudeError
from app.claude.process import run
from app.commands.monitor.look import State
from app.commands.monitor.proxy import Change
from app.contract.fields import written

_SECONDS = 60.0
# What it prints would stand in the middle of a table, or of lines that are parsed.
_QUIETLY = 'eval "$1" >/dev/null'


class OnChange:
    """A shell command; ``trouble`` is a sentence once one of its runs has failed.

    It has the names of ``deploy/monitor.sh``, STATE and so on, and the same ones with
    CLAUDE_PROXY_ in front.
    """

    def __init__(self, command: str | None) -> None:
        """Take the command; None runs nothing."""
        self.trouble: str | None = None
        self._command = command
        self._ended = threading.Event()
        self._one_by_one = ThreadPoolExecutor(1)

    def __enter__(self) -> "OnChange":
        return self

    def __exit__(self, *_: object) -> None:
        """End what runs, with all that it has started."""
        self._ended.set()
        self._one_by_one.shutdown(cancel_futures=True)

    def tell(self, change: Change) -> None:
        """Run the command; a first state that is healthy is no change."""
        healthy = change.look.state is State.HEALTHY
        if self._command and not (change.first and healthy):
            self._one_by_one.submit(self._run, self._command, change)

    def _run(self, command: str, change: Change) -> None:
        told = {
            "STATE": change.look.state.value,
            "REASON": change.look.reason,
            "REMEDY": change.look.remedy,
            "SINCE": written(change.since),
            "URL": change.url,
        }
        prefixed = {f"CLAUDE_PROXY_{name}": value for name, value in told.items()}
        try:
            completed = run(
                ["/bin/sh", "-c", _QUIETLY, "sh", command],
                environment={**os.environ, **told, **prefixed},
                folder=Path.cwd(),
                deadline=_SECONDS,
                given_up=self._ended.is_set,
            )
        except (ClaudeError, OSError) as error:
            self.trouble = f"the command did not end well: {error}"
            return
        code = completed.exit_code
        self.trouble = f"the command ended with exit code {code}" if code else None
