"""HTTP that is over at a moment: each read has the time that is left."""

import io
import time

import pytest

from app.commands.in_time import _InTime


class Socket:
    """One that notes how long each read of it may wait."""

    def __init__(self) -> None:
        self.timeouts: list[float] = []

    def settimeout(self, seconds: float) -> None:
        self.timeouts.append(seconds)


def test_each_read_has_the_time_that_is_left():
    sock, until = Socket(), time.monotonic() + 100
    reader = _InTime(io.BytesIO(b"abc"), sock, until)
    assert [reader.read(1), reader.read(1)] == [b"a", b"b"]
    assert 100 >= sock.timeouts[0] > sock.timeouts[1] > 0


def test_none_is_left_after_the_moment():
    reader = _InTime(io.BytesIO(b"abc"), Socket(), time.monotonic())
    with pytest.raises(TimeoutError, match="no whole answer in time"):
        reader.read(1)
