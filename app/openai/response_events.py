"""An answer of the Messages API as one of Responses, whole or as its events."""

import json
from collections.abc import Iterable
from typing import Any

from app.messages.errors import ApiError
from app.messages.message import Message
from app.messages.shape import frame
from app.openai import response
from app.openai.answers import blocks
from app.openai.asking import Translated
from app.openai.output_events import OutputEvents, Told
from app.openai.response_output import output
from app.pool.events import StreamEvent


class ResponseShape:
    """Writes the answer to one request, its events numbered from 0."""

    ping = b": ping\n\n"

    def __init__(self, request: Translated) -> None:
        """Take what the answer gives back of the question."""
        self._asked = request.asked
        self._number = 0
        self._response: dict[str, Any] = {}
        self._output = OutputEvents("")
        self._stop_reason: str | None = None
        self._usage: dict[str, Any] = {}

    def whole(self, message: Message) -> bytes:
        """Write the response."""
        fields = message.fields
        stop = fields.get("stop_reason")
        said = output(blocks(message), response.stem(fields), response.status(stop))
        head = response.begun(self._asked, fields)
        used = fields.get("usage") or {}
        return json.dumps(response.ended(head, said, stop, used)).encode()

    def event(self, event: StreamEvent) -> bytes:
        """Write the events that one of the Messages API comes to, if any."""
        told = json.loads(event.raw)
        if event.type == "content_block_delta":
            return self._written(self._output.add(told["delta"]))
        if event.type == "content_block_start":
            return self._written(self._output.begin(told["content_block"]))
        if event.type == "message_start":
            return self._begin(told["message"])
        if event.type == "message_delta":
            self._stop_reason = told["delta"].get("stop_reason")
            self._take_usage(told.get("usage"))
        return b""

    def end(self) -> bytes:
        """Write the end of the last item, and what the answer has come to."""
        status = response.status(self._stop_reason)
        last = self._written(self._output.end(status))
        said = self._output.items(status)
        whole = response.ended(self._response, said, self._stop_reason, self._usage)
        return last + self._written([(status, {"response": whole})])

    def error(self, error: ApiError, request_id: str) -> bytes:
        """Write that the answer breaks off, with what there is of it."""
        del request_id
        said = self._output.items("incomplete")
        broken = response.failed(self._response, said, error)
        return self._written([("failed", {"response": broken})])

    def _begin(self, message: dict[str, Any]) -> bytes:
        self._response = response.begun(self._asked, message)
        self._output = OutputEvents(response.stem(message))
        self._take_usage(message.get("usage"))
        told = {"response": self._response}
        return self._written([("created", told), ("in_progress", told)])

    def _take_usage(self, used: dict[str, Any] | None) -> None:
        self._usage |= {k: v for k, v in (used or {}).items() if v is not None}

    def _written(self, told: Iterable[Told]) -> bytes:
        return b"".join([self._frame(name, fields) for name, fields in told])

    def _frame(self, name: str, fields: dict[str, Any]) -> bytes:
        kind = f"response.{name}"
        body = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return frame(kind, json.dumps(body).encode())
