"""Starts processes, each in a thread of its own, and remembers whether that works."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.claude.errors import ClaudeError
from app.claude.login import read_key_helper
from app.pool.errors import CannotStart, CliNotExecutable, CliNotFound
from app.pool.folder import OwnFolder
from app.pool.limits import Limits
from app.pool.process import Process
from app.pool.selftest import SelfTest
from app.pool.session import Session

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0  # seconds


class Starter:
    """What a pool starts its processes with; ``models``: what the last one offers."""

    def __init__(
        self,
        limits: Limits,
        locate: Callable[[], Path | None],
        environment: Callable[[], dict[str, str]],
        folder: OwnFolder,
        selftest: SelfTest,
    ) -> None:
        """Take what each start asks for anew: the binary, the environment."""
        self._limits = limits
        self._folder, self._selftest = folder, selftest
        self._locate, self._environment = locate, environment
        self._threads: set[threading.Thread] = set()
        self._pause, self._not_before = 0.0, 0.0
        self.models: tuple[str, ...] = ()

    @property
    def works(self) -> bool:
        """Whether to start one ahead of need; not for a while after a failure."""
        return time.monotonic() >= self._not_before

    def start(self, target: Callable[[int], None], generation: int) -> None:
        """Call the target in a new thread."""
        thread = threading.Thread(target=target, args=(generation,), daemon=True)
        self._threads = {each for each in self._threads if each.is_alive()} | {thread}
        thread.start()

    def session(self) -> Session | CannotStart:
        """Return a new warm process, or why there is none."""
        try:
            started = Session(self._process())
        except (ClaudeError, CannotStart, OSError) as error:
            self._pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, 2 * self._pause))
            self._not_before = time.monotonic() + self._pause
            return error if isinstance(error, CannotStart) else CannotStart(str(error))
        self._pause = 0.0
        return started

    def _process(self) -> Process:
        cli, limits = self._locate(), self._limits
        if cli is None:
            raise CliNotFound("no Claude CLI was found")
        if not (cli.is_file() and os.access(cli, os.X_OK)):
            raise CliNotExecutable(f"{cli} is no executable file")
        self._selftest.require(cli)
        environment = self._environment()
        process = Process.start(
            cli,
            environment,
            self._folder.path(),
            limits.start_seconds,
            key_helper=read_key_helper(environment),
        )
        try:
            self._selftest.require(cli)  # it may have been replaced meanwhile
        except BaseException:
            process.kill()
            process.reap()
            raise
        self.models = process.models
        return process

    def join(self) -> None:
        """Return when no start is under way any more."""
        for thread in self._threads:
            thread.join()
