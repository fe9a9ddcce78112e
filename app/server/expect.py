"""Answers ``Expect: 100-continue`` when somebody begins to read the body.

gunicorn says ``100 Continue`` before it asks the app, which then has no chance to
refuse a body for its key or its length before a client sends 32 MB of it.

It leans on internals of gunicorn 27 (``_expected_100_continue``, the body's reader).
"""

import socket
from typing import Any

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def continue_when_read(request: Any, connection: socket.socket) -> None:
    """Put the answer off; a body that nobody reads ends the connection instead."""
    if not request._expected_100_continue:
        return
    reader = request.body.reader
    read = reader.read

    def read_first(size: int) -> bytes:
        reader.read = read
        request.must_close = request.body.failed = False
        connection.sendall(_CONTINUE)
        return bytes(read(size))

    reader.read = read_first
    request._expected_100_continue = False
    # Whether the client will send the body all the same is its own affair.
    request.must_close = request.body.failed = True
