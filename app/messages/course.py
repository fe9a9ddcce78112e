"""How a request goes, step by step, and who is told of its outcome."""

import time
from collections.abc import Callable

import structlog

from app.pool.errors import PoolError
from app.pool.events import Ended, Event, Kind, RateLimit, Result, StreamEvent
from app.pool.outcome import Outcome, Usage
from app.pool.parsing import cost, tokens
from app.pool.request import Key

_GIVEN_UP = Ended(Kind.CANCELLED)
log = structlog.get_logger(__name__)


class Listeners:
    """Those who are told of every request's outcome, in the thread that answered it."""

    def __init__(self, *listeners: Callable[[Outcome], None]) -> None:
        """Take them; the factory knows who they are."""
        self._listeners = listeners

    def tell(self, outcome: Outcome) -> None:
        """Tell them all; what one of them cannot do harms no answer."""
        for listener in self._listeners:
            try:
                listener(outcome)
            except Exception:
                log.exception("outcome not taken in")


class Course:
    """What is seen of one request while it goes."""

    def __init__(self, key: Key, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin now."""
        self._key, self._clock = key, clock
        self._began = clock()
        self._lent: float | None = None
        self._first: float | None = None
        self._usage = Usage()
        self._ended: Ended | None = None
        self._refusal: str | None = None
        self._cost: float | None = None
        self.limit: RateLimit | None = None

    def lent(self) -> None:
        """Note that it has a process now."""
        self._lent = self._passed()

    def take(self, event: Event | Result) -> None:
        """Note what the next event tells, or what the CLI says after the last."""
        if isinstance(event, StreamEvent):
            self._first = self._passed() if self._first is None else self._first
            if told := tokens(event):
                self._usage = self._usage.updated(told)
        elif isinstance(event, RateLimit):
            self.limit = event
        elif isinstance(event, Ended):
            self._ended = event
        elif isinstance(event, Result):
            self._cost = cost(event)

    def refused(self, error: PoolError) -> None:
        """Note that it got no process."""
        self._refusal = error.code

    def outcome(self) -> Outcome:
        """Return what it came to; one that was left before its end was cancelled."""
        passed = self._passed()
        asked = self._lent is not None
        return Outcome(
            self._key.caller,
            self._key.model,
            self._ended or (_GIVEN_UP if asked else None),
            self._refusal,
            self.limit,
            self._usage,
            passed if self._lent is None else self._lent,
            self._first,
            passed,
            self._cost,
        )

    def _passed(self) -> float:
        return self._clock() - self._began
