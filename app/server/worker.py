"""gunicorn's threaded worker, but only a whole request takes a thread.

As it is, gthread gives every accepted connection a thread of the pool at once, waits in
it up to five seconds for the first byte and without limit for the rest of the headers,
and closes connections in its event loop, which waits up to two seconds for the client.
A few dozen silent or slow clients so make probes time out. Here the event loop collects
the headers, within limits of time and size, and lets connections end by themselves.

It leans on internals of gunicorn 27 (``TConn``, ``poller``, ``pending_conns``,
``nr_conns``); ``tests/service/test_load.py`` holds what it is for. No TLS, no HTTP/2.
"""

import errno
import json
import resource
import selectors
import socket
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, cast

from flask import Flask
from gunicorn import http
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from app.contract.codes import Code
from app.contract.problem import problem
from app.web.current import part_of
from config.settings import Settings

_LINGER = 2.0  # seconds for the client to close, so that it reads the whole answer
_BODY_LEFT_WITHIN = 0.05  # seconds to drain a body nobody read
_CHUNK = 16 << 10
_END = b"\r\n\r\n"
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_NOBODY = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)


class _Conn(TConn):
    """A connection, and what it has sent of its next request."""

    collected: bytearray
    parser: Any


class HeadersFirstWorker(ThreadWorker):
    """A gthread worker that waits for complete headers in its event loop."""

    def init_process(self) -> None:
        """Allow as many open connections as the system does, and start."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.lingering: deque[Any] = deque()
        super().init_process()

    @property
    def _settings(self) -> Settings:
        """Return the app's settings: the time and the size that headers may take."""
        return part_of(cast(Flask, self.wsgi), Settings)

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, and wait for its request without a thread."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in (*_NOBODY, *_NO_ROOM):
                return
            raise
        self.nr_conns += 1
        conn = _Conn(self.cfg, client, address, listener.getsockname())
        conn.initialized = True
        conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
        self._await_request(conn)

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Begin to collect the next request of a kept-alive connection."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_request(conn)

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """Keep the connection for its next request, or let it end."""
        try:
            kept = bool(fs.result())
        except Exception:
            kept = False
        if not kept:
            self._let_end(conn)
        elif read_ahead := conn.parser.unreader.take_buffered():
            self._await_request(conn, read_ahead)
        else:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Close what has sent no whole request in time, and what will not end."""
        super().murder_pending()
        waiting: deque[Any] = self.pending_conns
        self.pending_conns = self.lingering  # the same rule, for another queue
        super().murder_pending()
        self.pending_conns = waiting

    def handle_error(
        self, req: Any, client: socket.socket, addr: Any, exc: BaseException
    ) -> None:
        """Refuse what is no request in our one JSON shape, without its text."""
        status = _status(exc)
        if status is None:
            super().handle_error(req, client, addr, exc)
            return
        with suppress(OSError):
            client.settimeout(1.0)
            client.sendall(_refusal(status))

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        if not keepalive:
            return False
        deadline = time.monotonic() + _BODY_LEFT_WITHIN
        return bool(conn.parser.finish_body(deadline=deadline))

    def _cap_keepalive(self, deadline: float) -> None:
        """When stopping, wait no longer for silent connections than for idle ones."""
        super()._cap_keepalive(deadline)  # type: ignore[misc]  # not in the stubs
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout or deadline, deadline)

    def _await_request(self, conn: _Conn, collected: bytes = b"") -> None:
        conn.collected = bytearray(collected)
        if _END in conn.collected:
            self._hand_on(conn)
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + self._settings.header_timeout
        self._poll(conn, self.pending_conns, self._collect)

    def _collect(self, conn: _Conn, client: socket.socket) -> None:
        chunk = _receive(client)
        if chunk is None:
            return
        searched = max(0, len(conn.collected) - len(_END) + 1)
        conn.collected += chunk
        whole = conn.collected.find(_END, searched) >= 0
        most = self._settings.max_header_bytes
        too_large = len(conn.collected) > most and not whole
        if chunk and not whole and not too_large:
            return
        self._unpoll(conn, self.pending_conns)
        if whole:
            self._hand_on(conn)
            return
        if too_large:
            self.handle_error(None, client, conn.client, errors.LimitRequestHeaders(""))
        self._let_end(conn)

    def _hand_on(self, conn: _Conn) -> None:
        conn.data_ready = True
        conn.parser.unreader.unread(bytes(conn.collected))
        self.enqueue_req(conn)

    def _let_end(self, conn: _Conn) -> None:
        """Close our side, and the rest once the client has closed its own."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        conn.timeout = time.monotonic() + _LINGER
        self._poll(conn, self.lingering, self._discard)

    def _discard(self, conn: _Conn, client: socket.socket) -> None:
        if _receive(client) == b"":
            self._unpoll(conn, self.lingering)
            self._close(conn)

    def _close(self, conn: _Conn) -> None:
        self.nr_conns -= 1
        conn.close()

    def _poll(self, conn: _Conn, queue: "deque[Any]", readable: Any) -> None:
        queue.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(readable, conn))

    def _unpoll(self, conn: _Conn, queue: "deque[Any]") -> None:
        self.poller.unregister(conn.sock)
        queue.remove(conn)


def _receive(client: socket.socket) -> bytes | None:
    """Return what has come, nothing at the end, None where nothing has come."""
    try:
        return client.recv(_CHUNK)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError:
        return b""


def _status(error: BaseException) -> HTTPStatus | None:
    """Return the status for what is no request; None: it is not the client's fault."""
    if isinstance(error, errors.LimitRequestHeaders):
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    if isinstance(error, errors.LimitRequestLine):
        return HTTPStatus.REQUEST_URI_TOO_LONG
    if isinstance(error, errors.UnsupportedTransferCoding):
        return HTTPStatus.NOT_IMPLEMENTED
    if isinstance(error, errors.ParseException):
        return HTTPStatus.BAD_REQUEST
    return None


def _refusal(status: HTTPStatus) -> bytes:
    text = json.dumps(problem(Code.BAD_REQUEST, error=status.phrase)) + "\n"
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        "Cache-Control: no-store\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}"
    ).encode()
