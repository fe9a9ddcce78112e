"""One proxy that is watched: its last looks, and when it counts as changed; pure."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from app.commands.monitor.look import Look, State
from app.contract.fields import written

_KEPT = 60  # looks
# A server's own verdict is believed at once. That nobody answers is our verdict, and
# one lost answer is none.
_LOOKS_NEEDED = {State.UNREACHABLE: 2}


@dataclass(frozen=True, slots=True)
class Change:
    """A proxy has become what ``look`` says; ``since`` is when that was first seen.

    ``first``: it is the first that is known of it.
    """

    url: str
    look: Look
    since: datetime
    first: bool = False


class Proxy:
    """What is known of the proxy at ``url``; ``now`` is None before a first change."""

    def __init__(self, url: str) -> None:
        """Know nothing yet."""
        self.url = url
        self.looks: deque[Look] = deque(maxlen=_KEPT)
        self.now: Change | None = None
        self._pending: tuple[State, str] | None = None
        self._streak = 0
        self._first_seen: datetime | None = None

    def take(self, look: Look) -> Change | None:
        """Take the next look in; return the change, if it is one."""
        self.looks.append(look)
        if look.key != self._pending:
            self._pending, self._streak, self._first_seen = look.key, 0, look.at
        self._streak += 1
        if self._streak < _LOOKS_NEEDED.get(look.state, 1):
            return None
        if self.now and self.now.look.key == look.key:
            self.now = Change(self.url, look, self.now.since)  # the same, seen anew
            return None
        since = self._first_seen or look.at
        self.now = Change(self.url, look, since, first=self.now is None)
        return self.now


def exit_code(looks: list[Look]) -> int:
    """Return what ``check`` would: 1 one is unwell, 2 one is not reached, else 0."""
    states = {each.state for each in looks}
    if states & {State.UNHEALTHY, State.ERROR}:
        return 1
    return 0 if states == {State.HEALTHY} else 2


def line(change: Change) -> str:
    """Write a change as one line: time, address, state, reason, remedy."""
    look = change.look
    reason = f": {look.reason}." if look.reason else ""
    said = f"{written(change.since)} {change.url} {look.state}{reason} {look.remedy}"
    return said.strip()
