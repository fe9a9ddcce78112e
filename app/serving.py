"""What this process knows of itself: when it started, where it listens, its counts."""

import time
from dataclasses import dataclass, field
from threading import Lock


@dataclass(slots=True)
class Serving:
    """The server's address and counts; ``started_at`` is ``time.monotonic()``.

    ``errors`` counts the answers of 400 and above among ``requests_processed``.
    """

    host: str
    port: int
    started_at: float = field(default_factory=time.monotonic)
    requests_processed: int = 0
    errors: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def listen_at(self, host: str, port: int) -> None:
        """Note the address that was really bound, which ``PORT=0`` leaves open."""
        self.host, self.port = host, port

    def count(self, status: int) -> None:
        """Count one answered request by its HTTP status."""
        with self._lock:
            self.requests_processed += 1
            self.errors += status >= 400
