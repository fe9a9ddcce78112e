"""Reads a request's body: up to a size, within a deadline, a piece at a time."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Timer
from typing import Any

from app.messages.errors import ApiError, bad_request, too_large

LARGEST = 32 << 20  # bytes, as at the Messages API
_PIECE = 1 << 20


def check_length(environ: dict[str, Any]) -> None:
    """Refuse what says itself that it is too large, before any of it is read.

    Raises:
        ApiError: 413.
    """
    if int(environ.get("CONTENT_LENGTH") or 0) > LARGEST:
        raise too_large(LARGEST)


def read_body(environ: dict[str, Any], seconds: float) -> bytearray:
    """Return the body.

    Raises:
        ApiError: 413 too large, 408 not whole after ``seconds``, 400 never whole.
    """
    with _ended_after(seconds, environ.get("gunicorn.socket")) as late:
        body = _read(environ)
    if late.is_set():
        raise ApiError(408, f"The body was not there within {seconds:g} seconds.")
    if len(body) > LARGEST:
        raise too_large(LARGEST)
    if len(body) < int(environ.get("CONTENT_LENGTH") or 0):
        raise bad_request("body: it ends before its Content-Length")
    return body


def _read(environ: dict[str, Any]) -> bytearray:
    body = bytearray()  # it grows piece by piece: no copy of all of it at once
    try:
        while left := LARGEST + 1 - len(body):
            piece = environ["wsgi.input"].read(min(_PIECE, left))
            if not piece:
                break
            body += piece
    except Exception:
        raise bad_request("body: it cannot be read to its end") from None
    return body


@contextmanager
def _ended_after(seconds: float, connection: socket.socket | None) -> Iterator[Event]:
    """End what the client sends once the time is over; a thread waits for that.

    A time-out of the socket would begin anew with each byte, and gunicorn's reader asks
    for many pieces before it returns.
    """
    late = Event()

    def end() -> None:
        late.set()
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        timer.join()
