"""What a request ended with, in the API's statuses, types and words."""

import json
import time

import pytest

from app.contract.codes import Code
from app.messages.errors import ApiError, overloaded
from app.messages.outcome import error_of, refusal_of
from app.pool.errors import (
    CannotStart,
    CliNotExecutable,
    CliNotFound,
    CliTooOld,
    CliUnsupported,
    PoolClosed,
    PoolError,
    PoolTimeout,
    TooManyRequests,
)
from app.pool.events import Ended, Kind, RateLimit

UPSTREAM = [
    (400, "invalid_request_error", "false"),
    (401, "authentication_error", "false"),
    (403, "permission_error", "false"),
    (404, "not_found_error", "false"),
    (413, "request_too_large", "false"),
    (429, "rate_limit_error", "true"),
    (500, "api_error", "true"),
    (529, "overloaded_error", "true"),
]


def shown(error: ApiError) -> tuple[int, str, str]:
    said = json.loads(error.text("r1"))
    assert said["type"] == "error"
    assert said["request_id"] == "r1"
    return error.status, said["error"]["type"], error.headers()["x-should-retry"]


def test_a_good_end_is_no_error():
    assert error_of(Ended(Kind.GOOD, stop_reason="end_turn"), None) is None


@pytest.mark.parametrize(("status", "kind", "again"), UPSTREAM)
def test_the_upstreams_errors_keep_their_meaning(status, kind, again):
    error = error_of(Ended(Kind.UPSTREAM_ERROR, status, kind, "Because."), None)
    assert shown(error) == (status, kind, again)
    assert error.message == "Because."


@pytest.mark.parametrize(("status", "kind", "again"), UPSTREAM)
def test_a_type_that_is_missing_goes_with_the_status(status, kind, again):
    error = error_of(Ended(Kind.UPSTREAM_ERROR, status, said="The CLI's."), None)
    assert shown(error) == (status, kind, again)
    assert error.message == "The CLI's."


@pytest.mark.parametrize(
    ("kind", "status", "code", "again"),
    [
        (Kind.NOT_LOGGED_IN, 503, "not_authenticated", "false"),
        (Kind.NETWORK, 503, "upstream_unreachable", "true"),
        (Kind.DIED, 503, "cli_failed", "true"),
        (Kind.CANCELLED, 503, "draining", "true"),
        (Kind.TIMED_OUT, 504, "upstream_timeout", "true"),
    ],
)
def test_ours_have_the_code_and_the_remedy_of_health(kind, status, code, again):
    error = error_of(Ended(kind), None)
    expected = "timeout_error" if status == 504 else "api_error"
    assert shown(error) == (status, expected, again)
    assert error.message.startswith(f"{code}: ")
    assert error.code == code


def test_every_kind_of_end_has_an_answer():
    for kind in set(Kind) - {Kind.GOOD}:
        assert error_of(Ended(kind), None).status >= 400


def limit(status: str, resets_in: float) -> RateLimit:
    return RateLimit(status, "five_hour", time.time() + resets_in)


def refused(last: RateLimit | None) -> dict[str, str]:
    return error_of(Ended(Kind.UPSTREAM_ERROR, 429), last).headers()


def test_a_quota_that_comes_back_says_when():
    assert int(refused(limit("rejected", 30))["Retry-After"]) in (30, 31)
    assert refused(limit("rejected", -5))["Retry-After"] == "1"


def test_nobody_waits_an_hour_by_asking_again():
    assert refused(limit("rejected", 30))["x-should-retry"] == "true"
    assert refused(limit("rejected", 3600))["x-should-retry"] == "false"


@pytest.mark.parametrize("last", [None, limit("allowed", 30), RateLimit("rejected")])
def test_what_is_not_known_is_not_said(last):
    assert "Retry-After" not in refused(last)


@pytest.mark.parametrize(
    ("error", "status", "kind", "again"),
    [
        (TooManyRequests(), 529, "overloaded_error", "true"),
        (PoolTimeout(), 529, "overloaded_error", "true"),
        (PoolClosed(), 503, "api_error", "true"),
        (CannotStart(), 503, "api_error", "true"),
        (CliNotFound(), 503, "api_error", "true"),
        (CliTooOld(), 503, "api_error", "false"),
        (PoolError(), 500, "api_error", "false"),
    ],
)
def test_who_gets_no_process_is_told_why(error, status, kind, again):
    assert shown(refusal_of(error)) == (status, kind, again)


@pytest.mark.parametrize(
    "error", [CannotStart, CliNotFound, CliNotExecutable, CliTooOld, CliUnsupported]
)
def test_a_cli_that_cannot_be_asked_has_the_code_of_health(error):
    assert refusal_of(error()).code == error.code == Code(error.code)


def test_who_is_to_come_back_is_told_when():
    assert overloaded().headers()["Retry-After"] == "1"
