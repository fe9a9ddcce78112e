"""Connections that wait in the worker's event loop, without a thread."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from selectors import EVENT_READ, BaseSelector
from typing import Any

from app.server.connection import Connection


class Waiting:
    """Those that wait for the same thing, each as long; who came first stands first.

    gunicorn's own queues take a walk over all that wait to let one go.
    """

    def __init__(
        self,
        poller: BaseSelector,
        seconds: float,
        ready: Callable[[Connection], None],
        event: int = EVENT_READ,
    ) -> None:
        """Call ``ready`` with a connection on which ``event`` happens."""
        self._poller = poller
        self._seconds = seconds
        self._ready = ready
        self._event = event
        self._connections: dict[Connection, None] = {}

    def __iter__(self) -> Iterator[Connection]:
        """Go through a copy, so that who is met can be removed."""
        return iter([*self._connections])

    def add(self, connection: Connection) -> None:
        """Let it wait, from now on."""
        connection.timeout = time.monotonic() + self._seconds
        self._connections[connection] = None
        call = partial(self._call, connection)
        self._poller.register(connection.sock, self._event, call)

    def remove(self, connection: Connection) -> None:
        """Let it wait no longer."""
        del self._connections[connection]
        self._poller.unregister(connection.sock)

    def first(self) -> Connection | None:
        """Return the one that has waited longest."""
        return next(iter(self._connections), None)

    def first_overdue(self) -> Connection | None:
        """Return the one that has waited longest, if that is too long."""
        first = self.first()
        return first if first and first.timeout <= time.monotonic() else None

    def cap(self, seconds: float) -> None:
        """Let nobody wait longer than this from now on, nor who comes later."""
        self._seconds = min(self._seconds, seconds)
        until = time.monotonic() + seconds
        for connection in self._connections:
            connection.timeout = min(connection.timeout, until)

    def _call(self, connection: Connection, _: Any) -> None:
        # It may have been removed by what happened to another in the same round.
        if connection in self._connections:
            self._ready(connection)
