"""What goes out of a stream, event by event."""

import json
from collections.abc import Iterator

import pytest

from app.messages import stream
from app.messages.client import Client
from app.messages.errors import ApiError
from app.messages.exchange import ClientGone, Events
from app.messages.shape import MessagesShape
from app.messages.stream import first_event, frames
from app.pool.events import Quiet, StreamEvent

HERE = Client(None, http_1_1=True)
START = StreamEvent(b'{"type":  "message_start"}', "message_start")
STOP = StreamEvent(b'{"type": "message_stop"}', "message_stop")
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


def events_of(*said: StreamEvent | Quiet | Exception) -> Events:
    for each in said:
        if isinstance(each, Exception):
            raise each
        yield each


def written(*said, clock=lambda: 0.0) -> list[bytes]:
    return [*frames(START, events_of(*said), HERE, "r1", MessagesShape(), clock)]


def test_each_event_is_verbatim():
    assert written(STOP) == [
        b'event: message_start\ndata: {"type":  "message_start"}\n\n',
        b'event: message_stop\ndata: {"type": "message_stop"}\n\n',
    ]


def test_each_event_goes_out_before_the_next_has_come():
    def events() -> Iterator[StreamEvent]:
        came.append(1)
        yield STOP
        came.append(2)

    came: list[int] = []
    going = frames(START, events(), HERE, "r1", MessagesShape())
    assert b"message_start" in next(going)
    assert came == []
    assert b"message_stop" in next(going)
    assert came == [1]


def test_a_ping_goes_out_every_ten_seconds():
    quiet = [Quiet()] * 100
    seconds = iter(range(1000))
    out = written(*quiet, STOP, clock=lambda: next(seconds))
    assert out.count(PING) in (9, 10)


def test_silence_of_a_moment_writes_nothing():
    assert len(written(Quiet(), Quiet())) == 1


def test_what_breaks_off_ends_with_an_error_and_no_stop():
    out = written(ApiError(529, "Overloaded."))
    head, data = out[-1].split(b"\n", 1)
    assert head == b"event: error"
    assert json.loads(data.removeprefix(b"data: ")) == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "Overloaded."},
        "request_id": "r1",
    }
    assert b"message_stop" not in b"".join(out)


def test_what_nobody_foresaw_ends_with_an_error_too():
    out = written(RuntimeError("secret"))
    assert out[-1].startswith(b"event: error\n")
    assert b"api_error" in out[-1]
    assert b"secret" not in out[-1]


def test_nobody_is_told_of_a_client_that_went_away():
    assert len(written(ClientGone())) == 1


def test_status_and_headers_wait_for_the_first_event():
    assert first_event(events_of(Quiet(), Quiet(), STOP)) is STOP
    with pytest.raises(ApiError, match="no"):
        first_event(events_of(Quiet(), ApiError(400, "no")))


def test_an_answer_that_never_began_is_an_error():
    with pytest.raises(ApiError, match="cli_failed"):
        first_event(events_of(Quiet()))


def test_no_proxy_on_the_way_shall_hold_events_back():
    assert stream.HEADERS["X-Accel-Buffering"] == "no"
