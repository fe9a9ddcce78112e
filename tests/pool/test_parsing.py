"""What a process prints: understood or passed over, never an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.pool.events import Acknowledged, Failure, RateLimit, Result, StreamEvent
from app.pool.parsing import read_line


def test_an_event_is_cut_out_as_it_is():
    raw = b'{"type" : "ping",  "a":1.50,"\\u00e9":"\xc3\xa9"}'
    line = b'{"uuid":"u","event":' + raw + b',"type":"stream_event"}'
    assert read_line(line) == StreamEvent(raw, "ping")


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"[]", b"null", b"{", b'"x"', b"\xff", b'{"type":1}'),
        *(b'{"type":"stream_event"}', b'{"type":"stream_event","event":[1]}'),
        *(b'{"type":"assistant","message":{}}', b'{"type":"system"}'),
        *(b"[" * 100_000, b'{"type":"control_response","response":"no"}'),
    ],
)
def test_what_means_nothing_is_passed_over(line):
    assert read_line(line) is None


@given(some.binary())
def test_no_bytes_raise(line):
    read_line(line)


def test_a_refused_control_request_says_why():
    line = (
        b'{"type":"control_response","response":'
        b'{"subtype":"error","request_id":"s","error":"no"}}'
    )
    assert read_line(line) == Acknowledged("s", "no")


def test_a_rate_limit_is_read_and_kept_whole():
    info = b'{"status":"rejected","resetsAt":17,"rateLimitType":"five_hour","x":[1]}'
    line = b'{"type":"rate_limit_event","rate_limit_info":' + info + b"}"
    limit = RateLimit("rejected", "five_hour", 17, None, info)
    assert read_line(line) == limit


def test_a_failure_and_a_result_are_read():
    failure = b'{"type":"assistant","is_api_error_message":true,"request_id":"r"}'
    result = b'{"is_error":true,"api_error_status":529,"type":"result"}'
    assert read_line(failure) == Failure(True, None, "r")
    assert read_line(result) == Result(True, api_error_status=529)
