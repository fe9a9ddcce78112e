"""Starts processes, each in a thread of its own, and remembers whether that works."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.claude.errors import ClaudeError
from app.pool.errors import CannotStart
from app.pool.events import RateLimit
from app.pool.limits import Limits
from app.pool.process import Process
from app.pool.session import Session

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0  # seconds


class Starter:
    """What a pool starts its processes with."""

    def __init__(
        self,
        limits: Limits,
        locate: Callable[[], Path | None],
        environment: Callable[[], dict[str, str]],
        on_rate_limit: Callable[[RateLimit], None],
    ) -> None:
        """Take what each start asks for anew: the binary, the environment."""
        self._limits, self._on_rate_limit = limits, on_rate_limit
        self._locate, self._environment = locate, environment
        self._threads: set[threading.Thread] = set()
        self._pause, self._not_before = 0.0, 0.0

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
            started = Session(self._process(), self._on_rate_limit)
        except (ClaudeError, OSError) as error:
            self._pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, 2 * self._pause))
            self._not_before = time.monotonic() + self._pause
            return CannotStart(str(error))
        self._pause = 0.0
        return started

    def _process(self) -> Process:
        cli, limits = self._locate(), self._limits
        if cli is None:
            raise FileNotFoundError("no Claude CLI was found")
        environment, seconds = self._environment(), limits.start_seconds
        return Process.start(cli, environment, limits.folder, seconds)

    def join(self) -> None:
        """Return when no start is under way any more."""
        for thread in self._threads:
            thread.join()
