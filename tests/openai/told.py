"""What is written of an answer in the shape of Responses."""

import json
from typing import Any

from app.messages.errors import ApiError
from app.messages.message import Message
from app.openai.asking import Translated
from app.openai.response_events import ResponseShape
from app.pool.events import StreamEvent

Body = dict[str, Any]
ASKED = {"model": "m", "input": "Hi"}


def shape(**asked: Any) -> ResponseShape:
    return ResponseShape(Translated(b"", ASKED | asked, ()))


def events_of(written: bytes) -> list[Body]:
    """Read what was written, each event's name beside its type."""
    frames = [each.split("\n") for each in written.decode().split("\n\n")[:-1]]
    told = [json.loads(data.removeprefix("data: ")) for _, data in frames]
    assert [name.removeprefix("event: ") for name, _ in frames] == [
        each["type"] for each in told
    ]
    return told


def streamed(said: list[Body], *, error: ApiError | None = None, **asked: Any) -> Any:
    writer = shape(**asked)
    events = [StreamEvent(json.dumps(each).encode(), each["type"]) for each in said]
    written = b"".join(writer.event(each) for each in events)
    return events_of(written + (writer.error(error, "r") if error else writer.end()))


def whole(said: list[Body], **asked: Any) -> Any:
    told = Message()
    for each in said:
        told.take(json.dumps(each).encode())
    return json.loads(shape(**asked).whole(told))


def undated(response: Body) -> Body:
    dates = ("created_at", "completed_at")
    return {name: value for name, value in response.items() if name not in dates}
