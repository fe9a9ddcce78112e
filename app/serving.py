"""What this process knows of itself: when it started, where it listens, its counts."""

import time
from dataclasses import dataclass, field
from threading import Lock

from flask import Response


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

    def count(self, response: Response) -> Response:
        """Count one answered request."""
        with self._lock:
            self.requests_processed += 1
            self.errors += response.status_code >= 400
        return response
