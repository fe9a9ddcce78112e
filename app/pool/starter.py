"""Starts processes, each in a thread of its own, and remembers whether that works."""

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.claude.environment import probe_environment
from app.claude.errors import ClaudeError
from app.claude.locate import Identity, identity_of
from app.claude.probe import Cli, is_at_least
from app.claude.process import run
from app.pool.errors import CannotStart, CliTooOld
from app.pool.events import RateLimit
from app.pool.limits import Limits
from app.pool.process import Process
from app.pool.session import Session

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0  # seconds
# What all of this was measured on. An older CLI may ignore the setting that carries a
# request's body, and would then send something else than was asked.
_LEAST = (2, 1, 330)


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
        self._new_enough: Identity | None = None

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
        except (ClaudeError, CliTooOld, OSError) as error:
            self._pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, 2 * self._pause))
            self._not_before = time.monotonic() + self._pause
            return error if isinstance(error, CliTooOld) else CannotStart(str(error))
        self._pause = 0.0
        return started

    def _process(self) -> Process:
        cli, limits = self._locate(), self._limits
        if cli is None:
            raise FileNotFoundError("no Claude CLI was found")
        environment, seconds = self._environment(), limits.start_seconds
        self._refuse_old(cli, seconds)
        return Process.start(cli, environment, limits.folder, seconds)

    def _refuse_old(self, cli: Path, seconds: float) -> None:
        """Ask for the version, once for each binary.

        Raises:
            CliTooOld: it is older than what the pool was measured on.
        """
        identity = identity_of(cli.stat())
        if identity == self._new_enough:
            return
        asked = partial(
            run, environment=probe_environment(), folder=Path("/"), deadline=seconds
        )
        version = Cli(cli, asked).version()
        if not is_at_least(version, _LEAST):
            raise CliTooOld(version)
        self._new_enough = identity

    def join(self) -> None:
        """Return when no start is under way any more."""
        for thread in self._threads:
            thread.join()
