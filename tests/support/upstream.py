"""A Messages API that answers as one test has said, counts, and sees who goes away."""

import json
import select
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.support.messages_api import Handler, MessagesApi

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request gets: a stream of ``events``, or an ``error`` with its status.

    ``pause`` seconds lie before each event after the first; ``cut`` ends the connection
    after so many events, without a word. ``hangs``: no answer at all.
    """

    events: list[Body] = field(default_factory=list)
    status: int = 200
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    cut: int | None = None
    hangs: bool = False


def message(
    text: str = "Hello.", stop: str | None = "end_turn", **delta: Any
) -> list[Body]:
    """Return the events of an answer with one block of text."""
    block = {"type": "text", "text": ""}
    said = [{"type": "text_delta", "text": text}] if text else []
    return blocks([(block, said)] if text else [], stop, **delta)


def tool_use(name: str, arguments: Body, stop: str = "tool_use") -> list[Body]:
    """Return the events of an answer that asks for a tool."""
    block = {"type": "tool_use", "id": "toolu_1", "name": name, "input": {}}
    said = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
    return blocks([(block, [said])], stop)


def blocks(
    contents: list[tuple[Body, list[Body]]], stop: str | None, **delta: Any
) -> list[Body]:
    """Return the events of an answer with these blocks, each with its deltas."""
    usage = {"input_tokens": 3, "output_tokens": 1}
    head: Body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m-stub",
    }
    head |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    events: list[Body] = [{"type": "message_start", "message": head}]
    for at, (block, said) in enumerate(contents):
        start = {"type": "content_block_start", "index": at, "content_block": block}
        deltas = [
            {"type": "content_block_delta", "index": at, "delta": each} for each in said
        ]
        events += [start, *deltas, {"type": "content_block_stop", "index": at}]
    end: Body = {"stop_reason": stop, "stop_sequence": None, **delta}
    last = {"type": "message_delta", "delta": end, "usage": {"output_tokens": 7}}
    return [*events, last, {"type": "message_stop"}]


def quota_used_up() -> Answer:
    """Return a refusal for the quota of five hours; the week's is a quarter used."""
    in_an_hour = int(time.time()) + 3600
    told = {"status": "rejected", "representative-claim": "five_hour"}
    told |= {name: str(in_an_hour) for name in ("reset", "5h-reset", "7d-reset")}
    told |= {"5h-utilization": "1", "7d-utilization": "0.25"}
    headers = {f"anthropic-ratelimit-unified-{name}": told[name] for name in told}
    return Answer(status=429, error="rate_limit_error", headers=headers)


def free(events: list[Body]) -> list[Body]:
    """Return the events of an answer that costs nothing, which the API never gives."""
    made: list[Body] = json.loads(
        json.dumps(events),
        object_hook=lambda part: {
            name: 0 if name.endswith("_tokens") else value
            for name, value in part.items()
        },
    )
    return made


class _Scripted(Handler):
    server: "Upstream"

    def _answer(self, request: Body, _: object) -> None:
        upstream = self.server
        upstream.betas.append(self.headers.get("anthropic-beta", ""))
        upstream.had_key.append(self.headers.get("x-api-key") == upstream.key)
        answer = upstream.script(request)
        if answer.hangs:
            self._watch(3600)
        elif answer.error:
            self._refuse(answer)
        else:
            self._head(answer, {"content-type": "text/event-stream"})
            self._write_events(answer)

    def _refuse(self, answer: Answer) -> None:
        error = {"type": answer.error, "message": f"The stub says {answer.error}."}
        body = {"type": "error", "error": error, "request_id": "req_stub"}
        self._head(
            answer, {"content-type": "application/json", "request-id": "req_stub"}
        )
        self.wfile.write(json.dumps(body).encode())

    def _head(self, answer: Answer, headers: dict[str, str]) -> None:
        self.send_response(answer.status)
        for name, value in {**headers, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _write_events(self, answer: Answer) -> None:
        for at, event in enumerate(answer.events):
            if at == answer.cut or (at and answer.pause and self._watch(answer.pause)):
                return
            text = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
            self.wfile.write(text.encode())

    def _watch(self, seconds: float) -> bool:
        """Wait; notice within a millisecond that the client has gone, and say so."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.server.closed.is_set():
                return True
            if select.select([self.connection], [], [], min(left, 0.2))[0]:
                with suppress(OSError):
                    self.connection.recv(1)
                self.server.gone.append(time.monotonic())
                return True
        return False


class Upstream(MessagesApi):
    """The stub; ``script`` returns each request's answer and may change at any time.

    ``requests`` are the bodies as they came, ``betas`` their beta headers, ``had_key``
    whether they came with ``key``, ``gone`` the monotonic times at which a client went
    away before its answer's end.
    """

    handler = _Scripted

    def __init__(self, port: int = 0) -> None:
        """Answer ``Hello.`` until a test says otherwise."""
        super().__init__(port)
        self.script: Callable[[Body], Answer] = lambda _: Answer(message())
        self.betas: list[str] = []
        self.key: str | None = None
        self.had_key: list[bool] = []
        self.gone: list[float] = []

    def always(self, answer: Answer) -> None:
        """Give every request from now on this answer."""
        self.script = lambda _: answer
