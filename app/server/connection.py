"""One connection as the worker holds it: what has come, what goes, whether it is kept.

It leans on internals of gunicorn 27 (``TConn``, the parser, the body's readers).
"""

import errno
import re
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import (
    InvalidHeader,
    InvalidRequestLine,
    LimitRequestHeaders,
)
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import TConn

from app.health.replay import Answer

_END = b"\r\n\r\n"
# A line without its CR, or a begin that no method has: a TLS hello, for example.
_NO_REQUEST = re.compile(rb"(?<!\r)\n|\A[^A-Z\r]")
_LOOK_AGAIN = 1.0  # seconds


class SlowlyRead(socket.socket):
    """A socket that waits for its reader as long as something is read at all.

    ``patience`` is the seconds without progress. Python's own time-out is for the whole
    of ``sendall``, and none at all holds a thread for as long as the client likes.
    """

    patience = 30.0

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all of it.

        Raises:
            BrokenPipeError: nothing was read in time; gunicorn knows what that means.
        """
        left = memoryview(data)
        until = time.monotonic() + self.patience
        while left:
            try:
                left = left[self.send(left, flags | socket.MSG_DONTWAIT) :]
                until = time.monotonic() + self.patience
            except BlockingIOError:
                if time.monotonic() > until:
                    raise BrokenPipeError(errno.EPIPE, "nobody reads") from None
                # Tried again before: it counts as writable only with a third free.
                self.is_writable(min(_LOOK_AGAIN, self.patience / 4))

    def is_writable(self, within: float = 0.0) -> bool:
        """Tell whether a good part of the send buffer is free, within these seconds."""
        poll = select.poll()
        poll.register(self, select.POLLOUT)
        return bool(poll.poll(within * 1000))


class KeptRequest(Request):
    """A request that decides once, and truthfully, whether its connection is kept."""

    draining: Callable[[], bool]
    _closes: bool | None = None

    def set_body_reader(self) -> None:
        """Find the body; refuse what HTTP/1.1 does not allow: no Host."""
        super().set_body_reader()
        if self.version == (1, 1) and all(name != "HOST" for name, _ in self.headers):
            raise InvalidHeader("HOST", req=self)

    def should_close(self) -> bool:
        """Tell whether this is the connection's last request.

        It is where the rest of a body that nobody read would have to be waited for.
        The first who asks is who writes the answer's headers: what they say is done.
        """
        if self._closes is None:
            self._closes = (
                super().should_close() or self.draining() or not self._body_has_come()
            )
        return self._closes

    def _body_has_come(self) -> bool:
        reader: Any = self.body and self.body.reader
        if isinstance(reader, LengthReader):
            return bool(reader.length <= self.unreader.buf.getbuffer().nbytes)
        return reader.parser is None  # chunked: read to its end


class KeptRequests(RequestParser):
    """gunicorn's parser, making our requests of what a connection sends."""

    mesg_class = KeptRequest

    def __init__(self, cfg: Any, sock: Any, client: Any, draining: Any) -> None:
        super().__init__(cfg, sock, client)
        self._draining = draining

    def __next__(self) -> Any:
        """Parse the next request; the one before has been read, or was the last."""
        self.mesg = None
        request: Any = super().__next__()
        request.draining = self._draining
        return request


class Connection(TConn):
    """A connection, and what it has sent of its next request (``collected``).

    ``answer`` is what to answer it with, where that is known without asking the app.
    """

    sock: SlowlyRead
    parser: KeptRequests
    timeout: float

    def __init__(
        self,
        cfg: Any,
        client: socket.socket,
        addresses: tuple[Any, Any],
        draining: Callable[[], bool],
    ) -> None:
        """Take over the client's socket; ``addresses`` are its own and ours."""
        kind = (client.family, client.type, client.proto)
        super().__init__(cfg, SlowlyRead(*kind, client.detach()), *addresses)
        self.parser = KeptRequests(cfg, self.sock, self.client, draining)
        self.initialized = self.data_ready = True
        self.collected = bytearray()
        self.answer: Answer | None = None
        self._looked_at = 0

    def expect_request(self) -> None:
        """Begin to collect the next request, with what was read ahead of it."""
        self.sock.setblocking(False)
        self.collected = bytearray(self.parser.unreader.take_buffered())
        self._looked_at = 0

    def receive(self, most: int = 16 << 10) -> bytes | None:
        """Return what has come, nothing at the end, None where nothing has come."""
        try:
            return self.sock.recv(most)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            return b""

    def has_whole_headers(self, most: int) -> bool:
        """Tell whether the headers of the next request are complete.

        Raises:
            LimitRequestHeaders: they are larger than ``most`` bytes.
            InvalidRequestLine: they never will be, whatever comes.
        """
        start = max(0, self._looked_at - len(_END) + 1)
        self._looked_at = len(self.collected)
        if self.collected.find(_END, start) >= 0:
            return True
        if len(self.collected) > most:
            raise LimitRequestHeaders("")
        if _NO_REQUEST.search(self.collected, start):
            raise InvalidRequestLine("")
        return False

    def give_to_parser(self) -> None:
        """Let the parser find what was collected."""
        self.parser.unreader.unread(bytes(self.collected))
