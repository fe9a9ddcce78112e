"""Stand in for the Anthropic Messages API, so that a real `claude` works offline.

Tests use `MessagesApi` and `write_login`, and so does `make demo`, in demo.py. As a
program it serves until it is interrupted.
"""

from __future__ import annotations

import argparse
import json
import socket
import threading
import time
from contextlib import suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from weakref import WeakSet

WORDS = ["Hello", " from", " the", " stub."]
Mode = StrEnum("Mode", "OK UNAUTHORIZED RATE_LIMITED OVERLOADED SLOW HANG")
ERRORS = {
    Mode.UNAUTHORIZED: (401, "authentication_error"),
    Mode.RATE_LIMITED: (429, "rate_limit_error"),
    Mode.OVERLOADED: (529, "overloaded_error"),
}


class MessagesApi(ThreadingHTTPServer):
    """Serve the stub on 127.0.0.1 while the `with` block lasts.

    Port 0 picks a free one; OSError when the port is taken. `mode` and `pause` (seconds
    before each word of "slow") may change at any time, for the requests that follow.
    `requests` holds the parsed bodies as they came; headers are never kept, because
    they carry credentials.
    """

    request_queue_size = 128
    handler: type[BaseHTTPRequestHandler]

    def __init__(self, port: int = 0, mode: Mode = Mode.OK, pause: float = 0.5) -> None:
        """Bind the port; requests are answered from `__enter__` on."""
        super().__init__(("127.0.0.1", port), self.handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.mode, self.pause = mode, pause
        self.requests: list[dict[str, Any]] = []
        self.closed = threading.Event()
        self._connections: WeakSet[socket.socket] = WeakSet()

    def __enter__(self) -> Self:
        """Start answering."""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop answering and end every open connection, also those that wait."""
        self.closed.set()
        self.shutdown()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and remember it for `__exit__`."""
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address


class Handler(BaseHTTPRequestHandler):
    """Answer one request; HTTP/1.0, so that the end of an answer needs no length."""

    server: MessagesApi

    def handle(self) -> None:
        with suppress(ConnectionError):  # clients may go away, tests kill them
            super().handle()

    def do_GET(self) -> None:
        self._send(200)

    do_HEAD = do_GET  # noqa: N815 (http.server finds it by this name)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.partition("?")[0] != "/v1/messages":
            self._send(404, _error("not_found_error"))
            return
        request = json.loads(body)
        self.server.requests.append(request)
        self._answer(request, self.server.mode)

    def _answer(self, request: dict[str, Any], mode: Mode) -> None:
        if mode is Mode.HANG:
            self.server.closed.wait()
        elif mode in ERRORS:
            status, kind = ERRORS[mode]
            self._send(status, _error(kind))
        elif request.get("stream"):
            self._stream(request["model"], self.server.pause * (mode is Mode.SLOW))
        else:
            self._send(200, json.dumps(_message(request["model"])))

    def _stream(self, model: str, pause: float) -> None:
        self._send(200, kind="text/event-stream")
        for event in _events(model):
            # Not a sleep: closing the stub ends this wait at once.
            if "delta" in event and self.server.closed.wait(pause):
                return
            text = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
            self.wfile.write(text.encode())

    def _send(
        self, status: int, body: str = "", kind: str = "application/json"
    ) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        if status == 429:
            self.send_header("retry-after", "30")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Keep quiet: the output belongs to the program under test."""


MessagesApi.handler = Handler


def _error(kind: str) -> str:
    error = {"type": kind, "message": f"The stub says {kind}."}
    return json.dumps({"type": "error", "error": error, "request_id": "req_stub"})


def _message(model: str) -> dict[str, Any]:
    head = {"id": "msg_stub", "type": "message", "role": "assistant", "model": model}
    content = [{"type": "text", "text": "".join(WORDS)}]
    usage = {"input_tokens": 3, "output_tokens": len(WORDS)}
    end = {"stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
    return {**head, "content": content, **end}


def _events(model: str) -> list[dict[str, Any]]:
    start = _message(model) | {"content": [], "stop_reason": None}
    block = {"type": "text", "text": ""}
    deltas = [{"type": "text_delta", "text": word} for word in WORDS]
    stop = {"stop_reason": "end_turn", "stop_sequence": None}
    usage = {"output_tokens": len(WORDS)}
    return [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": d} for d in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": stop, "usage": usage},
        {"type": "message_stop"},
    ]


def write_login(
    home: Path,
    *,
    expires_in: float = 8 * 3600,
    refresh_token: bool = True,
    email: str = "demo@example.com",
    account: str = "made-up-account",
) -> None:
    """Write a made-up claude.ai login into `home`, in the two files the CLI keeps.

    `expires_in` counts seconds from now; negative means expired.
    """
    tokens = {"accessToken": "made-up-access-token"}
    if refresh_token:
        tokens["refreshToken"] = "made-up-refresh-token"
    plan = {"scopes": ["user:inference", "user:profile"], "subscriptionType": "max"}
    expiry = {"expiresAt": int((time.time() + expires_in) * 1000)}
    ids = {"accountUuid": account, "organizationUuid": "made-up-organization"}
    whose = {**ids, "emailAddress": email, "organizationName": "Demo"}
    state = {"oauthAccount": whose, "hasCompletedOnboarding": True}
    credentials = home / ".claude/.credentials.json"
    credentials.parent.mkdir(parents=True, exist_ok=True)
    credentials.touch(0o600)
    credentials.write_text(json.dumps({"claudeAiOauth": {**tokens, **plan, **expiry}}))
    noted = home / ".claude.json.new"  # a CLI that reads half of it restores the last
    noted.write_text(json.dumps(state))
    noted.rename(home / ".claude.json")


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mode", type=Mode, choices=list(Mode), default=Mode.OK)
    options = parser.parse_args()
    with MessagesApi(options.port, options.mode) as api, suppress(KeyboardInterrupt):
        print(api.url, flush=True)
        api.closed.wait()


if __name__ == "__main__":
    main()
