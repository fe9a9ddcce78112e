"""A Messages API of our own on loopback, which one self-test's CLI asks.

``http.server`` is enough: it serves one client, for half a second. It answers only
below a path that nobody else can know, and keeps no credential.
"""

import json
import secrets
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Body = dict[str, Any]
_LARGEST = 1 << 20  # bytes; what we ask for has one thousand


class Listener(ThreadingHTTPServer):
    """Answers the first request with ``events``, refuses all later ones.

    ``bodies`` are the requests as they came, parsed; None for what is no JSON object.
    ``betas`` are their beta headers.
    """

    def __init__(self, events: list[Body]) -> None:
        """Listen on a free port.

        Raises:
            OSError: there is none.
        """
        super().__init__(("127.0.0.1", 0), _Handler)
        self.path = f"/{secrets.token_urlsafe(16)}"
        self.url = f"http://127.0.0.1:{self.server_port}{self.path}"
        self.events = events
        self.bodies: list[Body | None] = []
        self.betas: list[str] = []
        self.adding = threading.Lock()

    def __enter__(self) -> Self:
        """Begin to answer."""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop answering; whoever is still served has gone, or goes now."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    timeout = 120.0  # seconds for a client that sends nothing; a CLI is killed sooner

    def handle(self) -> None:
        with suppress(OSError):  # the CLI is killed in the end
            super().handle()

    def do_POST(self) -> None:
        if self.path.partition("?")[0] != f"{self.server.path}/v1/messages":
            self._answer(404, b"{}")
            return
        raw = self.rfile.read(length := self._length())
        if len(raw) < length:  # killed on its way, which says nothing of it
            return
        body = _parsed(raw)
        with self.server.adding:
            self.server.bodies.append(body)
            self.server.betas.append(self.headers.get("anthropic-beta", ""))
            first = len(self.server.bodies) == 1
        if first:
            stream = "".join(map(_as_sent, self.server.events))
            self._answer(200, stream.encode(), "text/event-stream")
        else:
            self._answer(400, _REFUSAL)

    def do_GET(self) -> None:
        self._answer(404, b"{}")

    def do_HEAD(self) -> None:
        self._answer(404, b"")

    def _length(self) -> int:
        said = self.headers.get("content-length", "")
        return min(int(said), _LARGEST) if said.isdecimal() else 0

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing to stderr."""


_REFUSAL = json.dumps(
    {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "This was a self-test."},
    }
).encode()


def _as_sent(event: Body) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"


def _parsed(body: bytes) -> Body | None:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None
