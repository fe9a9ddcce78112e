"""A server that answers as a test says, however rudely."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

Behaviour = Callable[[socket.socket], None]


class RudeServer:
    """Serve on a free port of 127.0.0.1 while the ``with`` block lasts.

    ``behaviour`` has each connection, once its request has come, and may change.
    ``asked`` counts them.
    """

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.behaviour: Behaviour = health("healthy")
        self.asked = 0
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(5)
                connection.recv(65536)
                self.asked += 1
                self.behaviour(connection)


def answer(body: bytes, status: int = 200) -> Behaviour:
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


def health(
    status: str, http: int = 200, error: str = "", remedy: str = ""
) -> Behaviour:
    body = {"status": status, "service": "claude-proxy"}
    if error:
        body |= {"error": error, "details": {"code": error, "remedy": remedy}}
    return answer(json.dumps(body).encode(), http)


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Do one after the other, and the last one again and again."""
    left = list(behaviours)

    def next_one(connection: socket.socket) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection)

    return next_one


def hang(connection: socket.socket) -> None:
    """Say nothing until the client has gone."""
    connection.recv(1)


def drip(connection: socket.socket) -> None:
    """Begin an answer, and go on a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def pour(connection: socket.socket) -> None:
    """Send an answer that has no end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def reset(connection: socket.socket) -> None:
    """Close at once, and rudely."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


RUDE = {
    **{each.__name__: each for each in (hang, drip, pour, reset)},
    "garbage": lambda connection: connection.sendall(b"\x00\xff\n" * 9),
    "no JSON": answer(b"<html>It works!</html>"),
    "NUL": answer(b"\0" * 5000),
    "another": answer(b'{"status": "healthy", "service": "mail"}'),
}
