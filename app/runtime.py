"""This server as it runs, as far as this process knows: version, address, start."""

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from mmap import mmap

VERSION = version("claude-code-proxy")


@dataclass(slots=True)
class Runtime:
    """The server as it runs; ``started_at`` is ``time.monotonic()``.

    ``server_pid`` is the gunicorn master's, or this process's own without one.
    ``drain_flag`` is one byte that all processes of the server share, 1 while draining.
    """

    host: str
    port: int
    started_at: float = field(default_factory=time.monotonic)
    server_pid: int = field(default_factory=os.getpid)
    drain_flag: bytearray | mmap = field(default_factory=lambda: bytearray(1))

    @property
    def draining(self) -> bool:
        """Tell whether the server has been told to stop and still answers."""
        return bool(self.drain_flag[0])

    @property
    def started(self) -> datetime:
        """Return when the server started (UTC)."""
        age = time.monotonic() - self.started_at
        return datetime.fromtimestamp(time.time() - age, UTC)
