"""One warm process and whose it is: asked one thing at a time, and emptied after.

Each request's exact body is set just before it; as soon as its answer begins, the
setting is put to a body that the upstream refuses, so that whatever the process would
send by itself is answered by nobody.
"""

import time
from collections.abc import Callable, Generator

from app.claude.errors import CliTimeout
from app.pool import lines
from app.pool.answer import Answer, State
from app.pool.events import (
    Acknowledged,
    Ended,
    Event,
    Kind,
    Line,
    Quiet,
    RateLimit,
    Result,
)
from app.pool.process import Process
from app.pool.request import Deadlines, Key, Prompt

__all__ = ["Deadlines", "Key", "Prompt", "Session"]

_EMPTIES_WITHIN = 5.0  # seconds for what takes 10 to 30 ms


_USUAL = Deadlines()
_Hearer = Callable[[RateLimit | Result], None] | None


class Session:
    """One process; one thread at a time asks it, any thread may ``cancel``.

    ``doubt`` says why it must serve nobody any more; ``outdated``: it is to be replaced
    all the same; ``last_used`` is a monotonic time.
    """

    def __init__(self, process: Process) -> None:
        """Take a warm process, which is nobody's yet."""
        self.process = process
        self.key: Key | None = None
        self.requests = 0
        self.last_used = process.born
        self.doubt: str | None = None
        self.outdated = False
        self._answer: Answer | None = None
        self._tell: _Hearer = None
        self._settings = 0
        self._results_due = 0
        self._cancelled: Kind | None = None

    def ask(
        self,
        prompt: Prompt,
        deadlines: Deadlines = _USUAL,
        quiet: float | None = None,
        tell: _Hearer = None,
    ) -> Generator[Event]:
        """Send one request and yield its events as they come, ``Ended`` last.

        After each ``quiet`` seconds without a line a ``Quiet`` comes, for the caller
        to see whether anybody still listens. Leaving early ends the process at once.
        ``tell`` hears of quota and cost, which come after ``Ended``, in ``finish``.
        """
        answer = self._answer = Answer()
        self._tell = tell
        try:
            yield from self._answered(answer, prompt, deadlines, quiet)
        except CliTimeout:
            yield self._gone(answer, Kind.TIMED_OUT)
        except EOFError:
            yield self._gone(answer, Kind.DIED)
        finally:
            if answer.state is not State.OVER:
                self.cancel()

    def _answered(
        self, answer: Answer, prompt: Prompt, deadlines: Deadlines, quiet: float | None
    ) -> Generator[Event]:
        started = last = time.monotonic()
        end = started + deadlines.total
        self._send(prompt, end)
        while answer.state is not State.OVER:
            sent = answer.state is State.SENT
            limit = min(last + (deadlines.first if sent else deadlines.stall), end)
            now = time.monotonic()
            line = self.process.listen(min(limit, now + quiet) if quiet else limit)
            if line is not None:
                yield from self._take(answer, line)
                last = started if answer.state is State.SENT else time.monotonic()
            elif time.monotonic() >= limit:
                raise CliTimeout("no event before the deadline")
            else:
                yield Quiet()

    def _take(self, answer: Answer, line: Line) -> list[Event]:
        sent = answer.state is State.SENT
        events = answer.take(line)
        if answer.asks_again:
            self.end("asks_again")
        elif sent and answer.state is State.BEGUN:
            self._set(lines.REFUSED, time.monotonic() + _EMPTIES_WITHIN)
        if isinstance(line, Acknowledged) and line.error:
            self.end("setting_refused")  # what it would send is not what was asked
        self._note(line)
        for event in events:
            if isinstance(event, Ended) and event.kind is not Kind.GOOD:
                self.doubt = self.doubt or event.kind
        return [*events]

    def _send(self, prompt: Prompt, until: float) -> None:
        if self.key is None:
            raise EOFError  # nobody's process is asked nothing
        self.requests += 1
        if self.requests == 1:
            self.process.tell([lines.initialize(self.key.system)], until)
        self._set(prompt.body, until, prompt.cache)
        self.process.tell([lines.user(prompt.text)], until)
        self._results_due += 1

    def _set(self, body: bytes, until: float, cache: str | None = None) -> None:
        if self.key is None:
            raise EOFError
        self._settings += 1
        key = self.key
        setting = lines.settings(self._settings, key.model, key.betas, body, cache)
        self.process.tell(setting, until)

    def _note(self, line: Line | None) -> None:
        if self._tell and isinstance(line, RateLimit | Result):
            self._tell(line)
        if isinstance(line, Result):
            self._results_due -= 1

    def _gone(self, answer: Answer, kind: Kind) -> Ended:
        answer.state = State.OVER
        kind = self._cancelled or kind
        self.end(kind)
        return Ended(kind)

    def cancel(self, kind: Kind = Kind.CANCELLED) -> None:
        """End the request that runs, and the process with it, at once."""
        self._cancelled = kind
        self.end(kind)

    def end(self, doubt: str) -> None:
        """Kill the process, which serves nobody any more."""
        self.doubt = self.doubt or doubt
        self.process.kill()

    def finish(self) -> str | None:
        """Have it empty its conversation; return why it may serve nobody any more.

        The few milliseconds until the CLI is through with the answer pass here, those
        for the emptying in ``is_empty``.
        """
        self.last_used = time.monotonic()
        if self._answer and self._answer.state is not State.OVER:
            self.cancel()
        if self._answer and self._is_through():
            self._empty()
        return self.doubt

    def _empty(self) -> None:
        self._tell = None  # what comes now is of the emptying
        try:
            self.process.tell([lines.clear()], time.monotonic() + _EMPTIES_WITHIN)
            self._results_due += 1
        except (EOFError, CliTimeout):
            self.doubt = Kind.DIED

    def is_empty(self) -> bool:
        """Wait until nothing of the last request is left; False: it is of no use."""
        return self._is_through() and not self.process.ended

    def _is_through(self) -> bool:
        """Read on to the last result that is due; False: it did not come."""
        until = time.monotonic() + _EMPTIES_WITHIN
        try:
            while self.doubt is None and self._results_due:
                if (line := self.process.listen(until)) is None:
                    self.doubt = Kind.TIMED_OUT
                self._note(line)
        except EOFError:
            self.doubt = Kind.DIED
        return self.doubt is None
