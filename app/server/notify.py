"""Tells systemd how the service is: ``sd_notify(3)``, from gunicorn's master.

gunicorn says READY when its master has booted, before anybody could be answered, and
nothing after that. Here a thread of the master asks ``/health`` at the server's own
address: READY when the first check has come to a verdict, WATCHDOG only after an
answer, the verdict in words as STATUS. See
``docs/decisions/0018-the-master-asks-itself.md``.
Written by hand: the protocol is one datagram, and the libraries for it (``sdnotify``,
``systemd-python``) are these lines, or need a compiler.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import Any

from gunicorn.arbiter import Arbiter

from app.contract.codes import PASSING_CODES

_INTERVAL = 5.0  # seconds between two questions, and for an answer, without a watchdog
_SOON = 0.2  # seconds, until the first check has come to a verdict
_SEND = 1.0  # seconds that systemd may leave a datagram


class Notifier:
    """What systemd has been told so far; where there is none, it says nothing."""

    def __init__(self) -> None:
        """Know of no systemd yet."""
        self._address = ""
        self._interval, self._watched, self._ready = _INTERVAL, False, False
        self._status = ""
        self._asking: socket.socket | None = None
        self._no_fork = threading.Lock()  # held while it is made

    def take_over(self) -> None:
        """Take systemd's variables, so that neither gunicorn nor a child has them."""
        address, usec, pid = (
            os.environ.pop(name, "")
            for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
        )
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        ours = usec.isdecimal() and pid in ("", str(os.getpid()))
        period = int(usec) / 1e6 if ours else 0
        if period:  # one late answer is no reason yet: four questions a period
            self._watched, self._interval = True, min(_INTERVAL, period / 4)

    def start(self, server: Arbiter) -> None:
        """Ask and tell in the background, for as long as the master lives."""
        if self._address:
            os.register_at_fork(
                before=self._no_fork.acquire,
                after_in_parent=self._no_fork.release,
                after_in_child=self._let_go,
            )
            threading.Thread(target=self._run, args=(server,), daemon=True).start()

    def stopping(self) -> None:
        """Tell that the service has begun to stop; called by a signal handler."""
        self._tell("STOPPING=1")

    def _run(self, server: Arbiter) -> None:
        while True:
            asked = time.monotonic()
            body = self._ask(server.LISTENERS)
            if body is not None:
                self._tell(*self._news(body))
            pause = self._interval if self._ready else _SOON
            time.sleep(max(0.0, asked + pause - time.monotonic()))

    def _ask(self, listeners: Sequence[Any]) -> dict[str, Any] | None:
        """Return the body of ``/health``; None where nobody answers in time.

        The address is connected to as it is bound (Linux takes 0.0.0.0 for loopback),
        and no name looked up: a lock of the resolver, held at a fork, stays held.
        """
        try:
            listener = listeners[0].sock
            with (
                closing(HTTPConnection("localhost")) as connection,
                self._new_socket(listener.family) as connection.sock,
            ):
                connection.sock.settimeout(self._interval)
                connection.sock.connect(listener.getsockname())
                connection.request("GET", "/health", headers={"Connection": "close"})
                body = json.loads(connection.getresponse().read())
        except (OSError, HTTPException, ValueError, LookupError):
            return None
        return body if isinstance(body, dict) else None

    def _new_socket(self, family: int) -> socket.socket:
        with self._no_fork:
            self._asking = socket.socket(family)
        return self._asking

    def _let_go(self) -> None:
        """Close a new worker's copy of the socket that a question goes over."""
        self._no_fork.release()
        if self._asking is not None and (copied := self._asking.detach()) != -1:
            os.close(copied)

    def _news(self, body: dict[str, Any]) -> list[str]:
        """Return what there is to tell after this answer, one assignment each."""
        news, status = [], _sentence(body)
        code = body.get("details", {}).get("code")
        if not self._ready and code not in PASSING_CODES:
            self._ready = True
            news.append("READY=1")
        if self._ready and self._watched:
            news.append("WATCHDOG=1")
        if status != self._status:
            self._status = status
            news.append(f"STATUS={status}")
        return news

    def _tell(self, *news: str) -> None:
        if not (self._address and news):
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.settimeout(_SEND)
            to.sendto("\n".join(news).encode(), self._address)


def _sentence(body: dict[str, Any]) -> str:
    """Say the health in one line: status, reason, remedy."""
    remedy = body.get("details", {}).get("remedy", "")
    reason = f": {body['error']}. {remedy}" if "error" in body else ""
    return " ".join(f"{body.get('status')}{reason}".split())
