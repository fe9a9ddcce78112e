"""Whether the client is still there, without taking anything from its connection."""

import select
import socket
import time
from contextlib import suppress

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_HALF_CLOSED = getattr(select, "POLLRDHUP", 0)  # where the system tells: Linux
_GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL
_ASK_EVERY = 1.0  # seconds
_RESET_WITHIN = 10  # milliseconds, on this machine or in this house


class Client:
    """The other end of a connection; None where the server shows none: always there.

    Closing and closing only one's own direction look alike: both send a FIN. Who closed
    both answers whatever comes next with a reset. So a client that has sent a FIN is
    sent a few bytes that mean nothing, and the reset tells: ``100 Continue`` before the
    answer, which HTTP/1.1 allows at any time and any number of times, ``ping`` in it.
    """

    def __init__(self, connection: socket.socket | None, *, http_1_1: bool) -> None:
        """Watch this connection of a client that speaks HTTP/1.1, or an older one."""
        self._connection = connection
        self._may_ask = http_1_1
        self._asked = 0.0

    def begin_answer(self) -> None:
        """Send it nothing any more: who writes the answer does, between its events."""
        self._may_ask = False

    def is_gone(self) -> bool:
        """Tell whether nobody is there to read an answer; ask where it may be so."""
        events = self._events()
        if self._may_ask and not events & _GONE and self.is_to_be_asked(events):
            with suppress(OSError):
                self._send(_CONTINUE)
            events = self._events(_RESET_WITHIN)
        return bool(events & _GONE)

    def is_to_be_asked(self, events: int | None = None) -> bool:
        """Tell whether a FIN has come and the client was sent nothing for a second."""
        seen = self._events() if events is None else events
        if not seen & _HALF_CLOSED or time.monotonic() < self._asked + _ASK_EVERY:
            return False
        self._asked = time.monotonic()
        return True

    def _send(self, data: bytes) -> None:
        if self._connection is not None:
            self._connection.send(data, socket.MSG_DONTWAIT)

    def _events(self, milliseconds: int = 0) -> int:
        if self._connection is None:
            return 0
        if self._connection.fileno() < 0:
            return select.POLLNVAL
        poll = select.poll()
        # A FIN that is known already would end the wait for the reset.
        poll.register(self._connection, 0 if milliseconds else _HALF_CLOSED)
        return sum(events for _, events in poll.poll(milliseconds))
