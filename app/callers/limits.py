"""Whether a caller may ask now, by its allowance; all workers together.

One caller may not use up what all share. Where the state cannot be read or written,
the caller may: a full disk refuses nobody.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.callers.caller import Allowance
from app.callers.ledger import Ledger
from app.callers.places import Places
from app.database import DatabaseError

_COMES_BACK = 1.0  # seconds, until one of its requests may have ended


class OverLimit(Exception):
    """The caller has used up what it may; ``seconds`` until it may again."""

    def __init__(self, sentence: str, seconds: float) -> None:
        """Keep the sentence for the caller, which names the limit."""
        super().__init__(sentence)
        self.seconds = seconds


class Gate:
    """Lets callers in within their allowances."""

    def __init__(self, ledger: Ledger, places: Places) -> None:
        """Take what all workers know of the callers."""
        self._ledger, self._places = ledger, places

    def problems(self) -> tuple[str, ...]:
        """Return a sentence for each reason why limits do not hold now."""
        return (*self._ledger.problems(), *self._places.problems())

    @contextmanager
    def entered(self, caller: str, allowance: Allowance) -> Iterator[None]:
        """Be in for one request.

        Raises:
            OverLimit: it would be more than the caller is allowed.
        """
        self._see_tokens(caller, allowance.tokens_per_day)
        if allowance.parallel is None:
            self._see_minute(caller, allowance.per_minute)
            yield
            return
        with self._places.taken(caller, allowance.parallel) as has_place:
            if not has_place:
                limit = f"parallel={allowance.parallel}"
                raise _over(caller, limit, "requests at a time", _COMES_BACK)
            self._see_minute(caller, allowance.per_minute)
            yield

    def _see_tokens(self, caller: str, most: int | None) -> None:
        if most is None or _known(lambda: self._ledger.tokens_today(caller)) < most:
            return
        wait = self._ledger.seconds_to_midnight()
        limit = f"tokens-per-day={most}"
        raise _over(caller, limit, "until midnight UTC", wait)

    def _see_minute(self, caller: str, most: int | None) -> None:
        if most is None:
            return
        if wait := _known(lambda: self._ledger.ask(caller, most)):
            limit = f"per-minute={most}"
            raise _over(caller, limit, "requests in 60 seconds", wait)


def _known(ask: Callable[[], float]) -> float:
    try:
        return ask()
    except DatabaseError:
        return 0.0


def _over(caller: str, limit: str, what: str, seconds: float) -> OverLimit:
    sentence = f"The key '{caller}' has reached its limit {limit} ({what})."
    return OverLimit(f"{sentence} The proxy's operator can raise it.", seconds)
