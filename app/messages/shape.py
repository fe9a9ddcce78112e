"""The shape of an answer: how one API's clients read a message and its events."""

from typing import Protocol

from app.messages.errors import ApiError
from app.messages.message import Message
from app.pool.events import StreamEvent


def frame(kind: str, raw: bytes) -> bytes:
    """Write one server-sent event."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), raw)


class Shape(Protocol):
    """What writes one answer; an event may come to no bytes at all.

    ``ping`` keeps a silent connection alive, and means nothing to a client.
    """

    ping: bytes

    def whole(self, message: Message) -> bytes:
        """Write an answer that is no stream."""

    def event(self, event: StreamEvent) -> bytes:
        """Write what one event of the Messages API comes to."""

    def end(self) -> bytes:
        """Write what follows the last event."""

    def error(self, error: ApiError, request_id: str) -> bytes:
        """Write that the stream breaks off."""


class MessagesShape:
    """The Messages API's own: everything verbatim."""

    ping = frame("ping", b'{"type": "ping"}')

    def whole(self, message: Message) -> bytes:
        """Write the message."""
        return message.json()

    def event(self, event: StreamEvent) -> bytes:
        """Write the event as it came."""
        return frame(event.type, event.raw)

    def end(self) -> bytes:
        """Write nothing: ``message_stop`` was the last."""
        return b""

    def error(self, error: ApiError, request_id: str) -> bytes:
        """Write the event ``error``, as the API does."""
        return frame("error", error.text(request_id))
