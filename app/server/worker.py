"""gunicorn's threaded worker, but only a whole request takes a thread.

As it is, gthread gives every accepted connection a thread of the pool at once, waits in
it for headers, for a body that nobody reads and for a client that does not read, and
closes connections in its event loop, which waits up to two seconds for the client.
A few dozen silent, slow or hasty clients so make probes time out. Here whatever has to
wait for a client waits in the event loop, in four queues of a time limit each; see
``docs/decisions/0009-native-threads-not-gevent.md``.

It leans on internals of gunicorn 27 (``poller``, ``nr_conns``, ``_cap_keepalive`` and
the like); ``tests/service/`` holds what it is for. No TLS, no HTTP/2.
"""

import errno
import socket
import time
from concurrent.futures import Future
from http import HTTPStatus
from selectors import EVENT_WRITE
from typing import Any, cast

from flask import Flask
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from app.health.replay import Replay
from app.pool.pool import Pool
from app.runtime import Runtime
from app.server import limits
from app.server.connection import Connection
from app.server.expect import continue_when_read
from app.server.refusal import refuse, status_of
from app.server.repeat import at_hand, repeat
from app.server.stopping import end_answers_after
from app.server.waiting import Waiting
from app.web.current import part_of
from config.settings import Settings

_LINGER = 2.0  # seconds for the client to close, so that it reads the whole answer
_COMING = 0.5  # seconds for the request of who has connected just before the stop
_SEND_BUFFER = 256 << 10  # bytes; what fits, no thread waits for anybody to read
_PAUSE = 0.05  # seconds without accepting, where there is no room and none to be made
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_NOBODY = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)


class HeadersFirstWorker(ThreadWorker):
    """A gthread worker in which nobody's slowness or haste takes a thread."""

    def init_process(self) -> None:
        """Hold as many connections as descriptors allow, and start."""
        self.worker_connections = limits.connections(self.worker_connections)
        self.max_keepalived = self.worker_connections
        for listener in self.sockets:  # connections have it from there
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        super().init_process()

    def run(self) -> None:
        """Make the queues, in the order in which they make room, and serve."""
        app, poller = cast(Flask, self.wsgi), self.poller
        settings, self._runtime = part_of(app, Settings), part_of(app, Runtime)
        self._replay = app.wsgi_app if isinstance(app.wsgi_app, Replay) else None
        self._most = settings.max_header_bytes
        self._patience = settings.send_timeout
        self._grace = settings.graceful_timeout
        self._lingering = Waiting(poller, _LINGER, self._discard)
        self._idle = Waiting(poller, self.cfg.keepalive, self._wake)
        self._headers = Waiting(poller, settings.header_timeout, self._collect)
        self._unread = Waiting(poller, self._patience, self._resume, EVENT_WRITE)
        self._queues = (self._lingering, self._idle, self._headers, self._unread)
        super().run()

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, and wait for its request without a thread."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in _NO_ROOM:
                if not self._make_room():
                    time.sleep(_PAUSE)
            elif error.errno not in _NOBODY:
                raise
            return
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        addresses = (address, listener.getsockname())
        conn = Connection(self.cfg, client, addresses, self._is_draining)
        conn.sock.patience = self._patience
        self._headers.add(conn)

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """Keep the connection for its next request, or let it end."""
        try:
            kept = bool(fs.result())
        except Exception:
            kept = False
        self._finish(conn, kept=kept)

    def _finish(self, conn: Connection, *, kept: bool) -> None:
        if not kept:
            self._let_end(conn)
            return
        conn.expect_request()
        if conn.collected:
            self._headers.add(conn)
            self._look(conn, self._headers)
        else:
            self._idle.add(conn)

    def murder_pending(self) -> None:
        """Close what has waited too long."""
        for queue in self._queues:
            while conn := queue.first_overdue():
                self._drop(conn, queue)

    def handle_error(
        self, req: Any, client: socket.socket, addr: Any, exc: BaseException
    ) -> None:
        """Refuse what is no request in our one JSON shape, without its text."""
        del req, addr
        status = status_of(exc)
        if status is None:
            self.log.error("request failed", exc_info=exc)
        refuse(client, status or HTTPStatus.INTERNAL_SERVER_ERROR)

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Ask the app, or repeat what is at hand."""
        answer, conn.answer = conn.answer, None
        if answer is None:
            continue_when_read(req, conn.sock)
            return bool(super().handle_request(req, conn))
        last = not self.alive or not self.cfg.keepalive
        return repeat(answer, req, conn.sock, self.cfg, last=last)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """Discard a body nobody read: by now it has come, or the answer said close."""
        return keepalive and bool(conn.parser.finish_body())

    def _cap_keepalive(self, deadline: float) -> None:
        """When stopping, close the door and who is idle; wait for running answers.

        A connection that nobody will accept would hang, so it is refused; one that was
        made before that is accepted, as closing would reset it, its request unanswered.
        Who is idle is waited for for a moment only: while draining every answer has
        said so; after a reload nobody knows yet.
        """
        del deadline
        for listener in self.sockets:
            self._accept_all(listener)
            listener.close()
        end_answers_after(self._grace, part_of(cast(Flask, self.wsgi), Pool))
        self.wait_for_and_dispatch_events(timeout=0)  # what has come is served
        self._idle.cap(_LINGER)
        self._headers.cap(_COMING)
        for conn in self._idle if self._is_draining() else ():
            self._drop(conn, self._idle)

    def _accept_all(self, listener: socket.socket) -> None:
        before = None
        while self.nr_conns != before:
            before = self.nr_conns
            self.accept(listener)

    def _is_draining(self) -> bool:
        return self._runtime.draining

    def _wake(self, conn: Connection) -> None:
        self._receive(conn, self._idle)

    def _collect(self, conn: Connection) -> None:
        self._receive(conn, self._headers)

    def _receive(self, conn: Connection, queue: Waiting) -> None:
        chunk = conn.receive()
        if chunk:
            conn.collected += chunk
            self._look(conn, queue)
        elif chunk is not None:
            self._drop(conn, queue)

    def _look(self, conn: Connection, queue: Waiting) -> None:
        """Hand on a whole request, refuse what will be none, wait for the rest."""
        try:
            whole = conn.has_whole_headers(self._most)
        except ParseException as error:
            queue.remove(conn)
            self.handle_error(None, conn.sock, conn.client, error)
            self._let_end(conn)
            return
        if whole or queue is self._idle:
            queue.remove(conn)
            (self._hand_on if whole else self._headers.add)(conn)

    def _hand_on(self, conn: Connection) -> None:
        """Give a request a thread, once the answers before it have been read enough."""
        if not conn.sock.is_writable():
            self._unread.add(conn)
            return
        if self._replay:
            conn.answer = at_hand(conn.collected, self._replay)
        conn.give_to_parser()
        if conn.answer:
            self._finish(conn, kept=self.handle(conn))
        else:
            self.enqueue_req(conn)

    def _resume(self, conn: Connection) -> None:
        self._unread.remove(conn)
        self._hand_on(conn)

    def _let_end(self, conn: Connection) -> None:
        """Close our side, and the rest once the client has closed its own."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
        else:
            self._lingering.add(conn)

    def _discard(self, conn: Connection) -> None:
        if conn.receive() == b"":
            self._drop(conn, self._lingering)

    def _make_room(self) -> bool:
        """Close the connection that can best be spared; tell whether there was one."""
        for queue in self._queues:
            if conn := queue.first():
                self._drop(conn, queue)
                return True
        return False

    def _drop(self, conn: Connection, queue: Waiting) -> None:
        queue.remove(conn)
        self._close(conn)

    def _close(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()
