"""What a process prints: understood or passed over, never an error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.pool.events import (
    Acknowledged,
    Models,
    RateLimit,
    Reply,
    Result,
    StreamEvent,
)
from app.pool.parsing import cost, read_line


def test_an_event_is_cut_out_as_it_is():
    raw = b'{"type" : "ping",  "a":1.50,"\\u00e9":"\xc3\xa9"}'
    line = b'{"uuid":"u","event":' + raw + b',"type":"stream_event"}'
    assert read_line(line) == StreamEvent(raw, "ping")


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"[]", b"null", b"{", b'"x"', b"\xff", b'{"type":1}'),
        *(b'{"type":"stream_event"}', b'{"type":"stream_event","event":[1]}'),
        *(b'{"type":"assistant","error":7}', b'{"type":"system"}'),
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
    failure = b'{"type":"assistant","error":"rate_limit","request_id":"r"}'
    result = b'{"is_error":true,"api_error_status":529,"type":"result"}'
    assert read_line(failure) == Reply("r", "rate_limit")
    assert read_line(result) == Result(True, api_error_status=529)


def controlled(**said):
    line = {"type": "control_response", "response": {"request_id": "models", **said}}
    return read_line(json.dumps(line).encode())


def test_the_models_are_each_named_once():
    names = ["claude-b-2", "claude-b-2", "claude-a-1"]
    models = [{"resolvedModel": name, "value": "x"} for name in names]
    said = controlled(subtype="success", response={"models": models})
    assert said == Models(("claude-b-2", "claude-a-1"))


def test_a_cli_that_lists_no_models_is_passed_over():
    assert controlled(subtype="error", error="Unsupported") is None
    assert controlled(subtype="success", response={"models": ["a"]}) is None


def result(**usage):
    line = read_line(json.dumps({"type": "result", "modelUsage": usage}).encode())
    assert isinstance(line, Result)
    return line


def priced(dollars, basis="list"):
    return {"costUSD": dollars, "costBasis": basis, "inputTokens": 3}


def test_a_cost_is_what_the_cli_knows_a_price_for():
    assert cost(result(a=priced(0.5))) == 0.5
    assert cost(result(a=priced(0.5), b=priced(0.25, "managed"))) == 0.75


@pytest.mark.parametrize(
    "usage",
    [{}, {"a": priced(0.5, "unknown")}, {"a": priced("much")}, {"a": {"costUSD": 0.5}}],
)
def test_no_cost_is_guessed(usage):
    assert cost(result(**usage)) is None
    assert cost(Result()) is None


@pytest.mark.parametrize("moment", [b"0", b"-5", b"1e300", b"253402300800"])
def test_a_moment_that_is_none_is_not_known(moment):
    info = b'{"status":"rejected","resetsAt":' + moment + b"}"
    line = b'{"type":"rate_limit_event","rate_limit_info":' + info + b"}"
    assert read_line(line).resets_at is None
