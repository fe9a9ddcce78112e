"""Answers here what the upstream has said it will refuse, until its time is over.

After a 429 that says when the quota is there again, further requests get the same 429
and the rest of that time, and no process is started or lent for them. The quota is the
account's, so every caller of this login is answered so, not only who met it; a window
of one model (``seven_day_opus``) holds that model alone. A 429 without a time holds
nobody. Another login is asked at once, and each worker finds out for itself.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from app.messages.outcome import error_of
from app.pool.events import Ended, RateLimit
from app.pool.outcome import Outcome

# Seconds after which the upstream is asked again: a quota may grow before its reset.
LONGEST = 900.0


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What was said, and with which login; held until ``until`` (since 1970)."""

    ended: Ended
    limit: RateLimit
    login: object
    until: float


class Held:
    """What the upstream refuses, for the account or for one model; any thread asks."""

    def __init__(
        self,
        login: Callable[[], object],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``login`` returns what changes with the login; ``clock`` is Unix time."""
        self._login, self._clock = login, clock
        self._changing = threading.Lock()
        self._refusals: dict[str | None, _Refusal] = {}  # by model; None: all of them

    def take_in(self, outcome: Outcome) -> None:
        """Hold from now on what this outcome says will be refused."""
        ended, limit = outcome.ended, outcome.limit
        if ended is None or limit is None or ended.status != 429:
            return
        if limit.exhausted_until is None:
            return
        now = self._clock()
        until = min(limit.exhausted_until, now + LONGEST)
        model = outcome.model if limit.of_one_model else None
        with self._changing:
            self._forget(now)
            self._refusals[model] = _Refusal(ended, limit, self._login(), until)

    def refuse(self, model: str) -> None:
        """Refuse a request for this model, if the upstream would.

        Raises:
            ApiError: 429, as the upstream put it, with the seconds that are left.
        """
        for held in filter(None, (self._refusals.get(None), self._refusals.get(model))):
            if self._clock() < held.until and held.login == self._login():
                error = error_of(held.ended, held.limit)
                if error is not None:
                    raise error

    def _forget(self, now: float) -> None:
        """Drop what is over, so that models nobody asks for any more cost nothing."""
        self._refusals = {m: r for m, r in self._refusals.items() if now < r.until}
