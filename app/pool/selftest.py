"""Shows, before the first request, that what is asked is what the CLI sends.

A CLI that ignores the setting that carries a request's body (an organisation's policy,
another version) would send something else, silently. So each binary is tried once under
each policy, with a made-up login, in a home of its own, against a listener of our own:
that costs half a second and no token. See decision 14.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import structlog

from app.claude.environment import probe_environment
from app.claude.errors import ClaudeError, CliTimeout
from app.claude.locate import Identity, identity_of
from app.claude.policy import policy_identity
from app.claude.probe import Cli, is_at_least
from app.claude.process import run
from app.pool.errors import CannotStart, CliTooOld, CliUnsupported
from app.pool.folder import OwnFolder
from app.pool.trial import try_out

# What all of this was measured on.
LEAST = (2, 1, 330)
# Seconds for which a failure stands: its cause may lie where nobody looks.
_BELIEVED = 60.0
_LOOK_EVERY = 0.05  # seconds
_ENDS_WITHIN = 5.0  # seconds

log = structlog.get_logger(__name__)
_Key = tuple[Identity, tuple[Identity, ...]]


class SelfTest:
    """Tries each binary under each policy once; any thread may ask, all get the same.

    An outcome that proves nothing (no answer in time, a crash) is not kept.
    """

    def __init__(self, folder: OwnFolder, seconds: float = 30.0) -> None:
        """Take where its private folders lie and how long one may take."""
        self._folder, self._seconds = folder, seconds
        self._lock = threading.Lock()
        self._run: _Run | None = None
        self._given_up: list[_Run] = []
        self._closed = False

    def require(
        self,
        cli: Path,
        version: str | None = None,
        given_up: Callable[[], bool] = lambda: False,
    ) -> None:
        """Return once it is known that requests are sent exactly.

        ``version``: what the CLI has said of it, where the caller has asked.

        Raises:
            CliTooOld, CliUnsupported: they are not.
            ClaudeError, OSError: that could not be found out this time.
            CliTimeout: ``given_up`` said so meanwhile.
        """
        current = self._current(cli, version)
        while not current.done.wait(_LOOK_EVERY):
            if given_up():
                raise CliTimeout("nobody waits for the self-test any more")
        if current.error is not None:
            raise current.error.with_traceback(None)  # raised many times

    def _current(self, cli: Path, version: str | None) -> "_Run":
        """Return the run for what is there now: one that goes on, or a new one."""
        key = (identity_of(cli.stat()), policy_identity())
        with self._lock:
            if self._closed:
                raise CannotStart("the pool is closed")
            if self._run is None or not self._run.stands_for(key):
                if self._run:
                    self._leave(self._run)
                self._run = _Run(key, cli, partial(self._try_out, cli, version))
            return self._run

    def _try_out(
        self, cli: Path, version: str | None, given_up: threading.Event
    ) -> None:
        if version is None:
            ask = partial(
                run,
                environment=probe_environment(),
                folder=Path("/"),
                deadline=self._seconds,
                given_up=given_up.is_set,
            )
            version = Cli(cli, ask).version()
        if not is_at_least(version, LEAST):
            raise CliTooOld(version)
        try_out(cli, self._folder.path(), self._seconds, given_up.is_set)

    def _leave(self, run: "_Run") -> None:
        run.give_up()
        going = [each for each in self._given_up if not each.done.is_set()]
        self._given_up = [*going, run]

    def close(self) -> None:
        """End what runs, and wait for that."""
        with self._lock:
            self._closed = True
            if self._run:
                self._leave(self._run)
        until = time.monotonic() + _ENDS_WITHIN
        for left in self._given_up:
            left.done.wait(max(0.0, until - time.monotonic()))


class _Run:
    """One self-test, in a thread of its own; ``error`` is None where all is well."""

    def __init__(
        self, key: _Key, cli: Path, task: Callable[[threading.Event], None]
    ) -> None:
        """Begin."""
        self.done = threading.Event()
        self.error: Exception | None = None
        self._key, self._cli, self._task = key, cli, task
        self._given_up = threading.Event()
        self._began = self._ended = time.monotonic()
        threading.Thread(target=self._work, name="self-test", daemon=True).start()

    def stands_for(self, key: _Key) -> bool:
        """Tell whether this is what there is to know of this binary and policy."""
        if self._key != key or not self.done.is_set():
            return self._key == key
        if isinstance(self.error, CliUnsupported):
            return time.monotonic() - self._ended < _BELIEVED
        return self.error is None or isinstance(self.error, CliTooOld)

    def give_up(self) -> None:
        """End it, if it is not over."""
        self._given_up.set()

    def _work(self) -> None:
        try:
            self._task(self._given_up)
        except (ClaudeError, CannotStart, OSError) as error:
            self.error = error
        except Exception as error:  # whatever it is, nobody may wait for ever
            log.exception("self-test raised")
            self.error = CannotStart(type(error).__name__)
        self._ended = time.monotonic()
        self._tell()
        self.done.set()

    def _tell(self) -> None:
        seconds = round(self._ended - self._began, 2)
        if self.error is None:
            log.info(
                "self-test passed: requests are sent exactly", seconds=seconds, tokens=0
            )
        elif not self._given_up.is_set():
            code = getattr(self.error, "code", "inconclusive")
            log.warning(
                "self-test failed",
                code=code,
                reason=str(self.error),
                seconds=seconds,
                tokens=0,
            )
