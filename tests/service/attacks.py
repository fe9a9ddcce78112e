"""Clients nobody wants: what they send, how they read, and a probe beside them."""

import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import requests

from tests.support.processes import Service

Dial = Callable[[], socket.socket]
GET = b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n"
LIVE = GET % (b"/health/live", b"")


def failed_probes(
    service: Service, count: int, every: float = 0.2, within: float = 1.0
) -> list[str]:
    """Ask ``/health`` over new connections; return what went wrong, a line each.

    Kubernetes gives a probe a second by default.
    """
    failed = []
    for _ in range(count):
        try:
            status = requests.get(f"{service.url}/health", timeout=within).status_code
            failed += [] if status == 200 else [str(status)]
        except requests.RequestException as error:
            failed.append(type(error).__name__)
        time.sleep(every)
    return failed


@contextmanager
def in_background(step: Callable[[], object], every: float) -> Iterator[None]:
    """Repeat a step until the block ends; a connection that is gone is no error."""
    done = threading.Event()

    def repeat() -> None:
        while not done.wait(every):
            step()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def send(connection: socket.socket, data: bytes) -> None:
    """Send what goes at once; the other side may have closed."""
    with suppress(OSError):
        connection.send(data)


def send_in_background(connection: socket.socket, data: bytes) -> None:
    """Send it all, however long that takes, until the test closes the connection."""

    def send() -> None:
        with suppress(OSError):
            connection.sendall(data)

    threading.Thread(target=send, daemon=True).start()


def reset(connection: socket.socket) -> None:
    """Close with a reset instead of a goodbye."""
    linger = struct.pack("ii", 1, 0)
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


class RandomWalk:
    """Connections that do anything, in an order that its seed decides."""

    def __init__(self, seed: int, dial: Dial) -> None:
        self._random = random.Random(seed)
        self._dial = dial
        self._open: dict[socket.socket, bytes] = {}  # and what each goes on with

    def step(self) -> None:
        """Open a connection, or go on with one of those that are open."""
        if len(self._open) < 40:
            with suppress(OSError):
                self._begin(self._dial())
        connection = self._random.choice([*self._open])
        self._random.choice(self._moves)(self, connection)

    def _begin(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        begin, self._open[connection] = self._random.choice(_WAYS)
        send(connection, begin)

    def _go_on(self, connection: socket.socket) -> None:
        try:
            connection.send(self._open[connection])
        except BlockingIOError:
            pass
        except OSError:
            self._end(connection)

    def _say_anything(self, connection: socket.socket) -> None:
        send(connection, self._random.randbytes(self._random.randrange(1, 300)))

    def _read(self, connection: socket.socket) -> None:
        with suppress(OSError):
            connection.recv(self._random.choice((1, 100, 65536)))

    def _end(self, connection: socket.socket) -> None:
        del self._open[connection]
        self._random.choice((reset, socket.socket.close))(connection)

    # Few end, so that many are open at a time.
    _moves = (*(_go_on,) * 200, _say_anything, _read, _end)


_CHUNKED = GET % (b"/health", b"Transfer-Encoding: chunked\r\n")
_POST = b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n"
# How a connection begins, and what it goes on with.
_WAYS = (
    (LIVE, LIVE),
    (LIVE, LIVE * 40),
    (GET % (b"/openapi.json", b"") * 40, GET % (b"/openapi.json", b"")),
    (GET % (b"/metrics", b"") * 40, GET % (b"/metrics", b"")),
    (GET % (b"/health/detailed", b"X-Request-ID: walk\r\n"), LIVE[:9]),
    (b"HEAD /health HTTP/1.0\r\n\r\n", b"a"),
    (b"GET /health HTTP/1.1\r\nX:", b"a"),
    (_POST, b"a"),
    (_POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"), b"a" * 5000),
    (_CHUNKED + b"5\r\nabcde\r\n", b"5\r\nabcde\r\n"),
    (_CHUNKED + b"1;", b"a"),
    (_CHUNKED + b"0\r\nX: ", b"a"),
    (_CHUNKED + b"ZZ\r\n", b"a"),
    (GET % (b"/health", b"X: " + b"a" * 9000 + b"\r\n"), b"a"),
    (b"GET /health HTTP/1.1\nHost: x\n\n", b"a"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"a"),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"a"),
    (b"\r\n\r\n", b"\r\n"),
    (b"", b""),
)
