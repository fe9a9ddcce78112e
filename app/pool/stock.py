"""Which processes there are and whose; every call holds the pool's lock."""

import time
from collections import Counter
from dataclasses import dataclass, field

from app.metrics.pool import PoolMetrics
from app.pool.errors import Revoked
from app.pool.limits import Limits
from app.pool.queue import Queue, Waiter
from app.pool.session import Key, Session


@dataclass(slots=True)
class Stock:
    """All processes by state, and the decisions on them; starts and ends none itself.

    ``idle`` lies in order of last use, longest ago first; ``leaving`` are those that
    the pool is to end.
    """

    limits: Limits
    queue: Queue
    idle: list[Session] = field(default_factory=list)
    spares: list[Session] = field(default_factory=list)
    busy: list[Session] = field(default_factory=list)
    starting: int = 0
    leaving: list[Session] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    figures: PoolMetrics | None = None

    @property
    def size(self) -> int:
        """How many there are, those that still start included."""
        return len(self.idle) + len(self.spares) + len(self.busy) + self.starting

    def arrive(self, waiter: Waiter) -> None:
        """Give a new one what is there, or let it wait.

        Raises:
            TooManyRequests: too many wait already.
        """
        self.counts["requests_num"] += 1
        self.queue.put(waiter)
        self.serve()
        self.counts["requests_queued"] += not waiter.has_outcome
        self.queue.refuse_if_too_many(waiter)

    def serve(self) -> None:
        """Give processes to those who wait, in order; make room where that helps."""
        for waiter in self.queue:
            if session := self._take(waiter.key):
                self._hand_over(waiter, session)

    def _hand_over(self, waiter: Waiter, session: Session) -> None:
        self.counts["requests_wait_ms"] += int(
            1000 * (time.monotonic() - waiter.started)
        )
        self.busy.append(session)
        self.queue.serve(waiter, session)

    def _take(self, key: Key) -> Session | None:
        own = [session for session in self.idle if session.key == key]
        if own:
            self.idle.remove(own[-1])
            self.count("hits")
            return own[-1]
        if not self.spares or not self._may_have_one_more(key.caller):
            return None
        session = self.spares.pop(0)
        session.key = key
        self.count("misses")
        return session

    def _may_have_one_more(self, caller: str) -> bool:
        """Keep a caller to its half; its own idle ones make room for its others."""
        held = [s for s in self.busy + self.idle if s.key and s.key.caller == caller]
        if len(held) < self.limits.per_caller:
            return True
        idle = [session for session in held if session in self.idle]
        if idle:
            self.leave(idle[0], "evicted")
        return bool(idle)

    def to_start(self, *, spares: bool) -> int:
        """Return how many to start now; those count as starting from here on.

        For who waits, the least recently used idle process makes room; for a spare
        none does, and none is started unless ``spares``.
        """
        waiting = self._waiters_to_start_for()
        while waiting - self.starting > self.room and self.idle:
            self.leave(self.idle[0], "evicted")
        lacking = max(0, self.limits.spares - len(self.spares)) if spares else 0
        more = max(0, min(waiting + lacking - self.starting, self.room))
        self.starting += more
        self.count("starts", more)
        return more

    @property
    def room(self) -> int:
        """How many more there may be."""
        return self.limits.max_size - self.size

    def _waiters_to_start_for(self) -> int:
        """Count who waits and would be allowed a process more, were there one."""
        held = Counter(s.key.caller for s in self.busy if s.key)
        wanted = 0
        for waiter in self.queue:
            held[waiter.key.caller] += 1
            wanted += held[waiter.key.caller] <= self.limits.per_caller
        return wanted

    def put_back(self, session: Session, doubt: str | None) -> None:
        """Take a process from its request, to serve the same key again or to leave."""
        self.busy.remove(session)
        self.idle.append(session)
        if reason := doubt or self.limits.worn_by(session):
            self.leave(session, reason)

    def leave(self, session: Session, reason: str) -> None:
        """Let a process go that is not busy."""
        (self.idle if session in self.idle else self.spares).remove(session)
        self.leaving.append(session)
        self.count(f"ends_{reason}")

    def count(self, what: str, number: int = 1) -> None:
        """Count what has happened, here and for all workers together."""
        self.counts[what] += number
        if self.figures is not None and number:
            self.figures.count(what, number)

    def leave_all(self, reason: str) -> None:
        """Let go of every process that is not busy."""
        for session in (*self.idle, *self.spares):
            self.leave(session, reason)

    @property
    def callers(self) -> set[str]:
        """Who holds a process or waits for one."""
        held = {s.key.caller for s in self.busy + self.idle if s.key}
        return held | {waiter.key.caller for waiter in self.queue}

    def leave_all_of(self, caller: str) -> list[Session]:
        """Let its idle processes go, refuse it where it waits; return the busy ones."""
        for waiter in self.queue:
            if waiter.key.caller == caller:
                self.queue.serve(waiter, Revoked("the key was taken back"))
        for session in [s for s in self.idle if s.key and s.key.caller == caller]:
            self.leave(session, "revoked")
        return [s for s in self.busy if s.key and s.key.caller == caller]

    def look_after(self) -> None:
        """Let go of what was idle for too long, has grown old, or ended by itself.

        A spare is idle where there are more than there shall be: it was started for
        one who waited, and then went away.
        """
        now = time.monotonic()
        for session in (*self.idle, *self.spares):
            is_kept = not session.key and len(self.spares) <= self.limits.spares
            if session.process.ended:
                self.leave(session, "process_died")
            elif not is_kept and now - session.last_used > self.limits.idle_seconds:
                self.leave(session, "idle")
            elif not session.key and now - session.process.born > self.limits.max_age:
                self.leave(session, "age")

    def stats(self) -> dict[str, int]:
        """Return the figures under psycopg_pool's names, and our own beside them."""
        return {
            "pool_min": self.limits.spares,
            "pool_max": self.limits.max_size,
            "pool_size": self.size,
            "pool_available": len(self.idle) + len(self.spares),
            "pool_busy": len(self.busy),
            "pool_idle": len(self.idle),
            "pool_spares": len(self.spares),
            "pool_starting": self.starting,
            "requests_waiting": len(self.queue),
            **self.counts,
        }
