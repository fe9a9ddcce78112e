"""How many processes there may be, and how long each serves."""

import time
from dataclasses import dataclass
from pathlib import Path

from app.pool.session import Session


@dataclass(frozen=True, slots=True)
class Limits:
    """What an operator has set; seconds and bytes.

    ``max_size`` bounds busy, idle, spare and starting processes together; ``spares``
    are started ahead of need; ``folder`` is where the private folders lie.
    """

    max_size: int = 8
    spares: int = 1
    idle_seconds: float = 300.0
    max_waiting: int = 32
    start_seconds: float = 30.0
    reuse: bool = True
    max_requests: int = 200
    max_memory: int = 500 << 20
    max_age: float = 3600.0
    folder: Path | None = None

    @property
    def per_caller(self) -> int:
        """How many one caller may hold, busy and idle: half, and one at least."""
        return max(1, self.max_size // 2)

    def worn_by(self, session: Session) -> str | None:
        """Return why a process that is fine shall be replaced all the same."""
        if session.outdated:
            return "renewed"
        if not self.reuse:
            return "reuse_off"
        if session.requests >= self.max_requests:
            return "requests"
        if time.monotonic() - session.process.born > self.max_age:
            return "age"
        return "memory" if (session.process.memory or 0) > self.max_memory else None
