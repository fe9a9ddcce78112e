"""What is counted of a request, and under which of few labels."""

from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from app.messages.counting import Counting
from app.metrics.messages import MessagesMetrics
from app.pool.events import Ended, Kind, RateLimit, Window
from app.pool.outcome import Outcome, Usage
from tests.messages.conftest import GOOD

MODEL = "claude-sonnet-5-5"
ANSWERED = Outcome(
    *("alice", MODEL, GOOD, None, None),
    *(Usage(7, 9, 0, 5), 0.25, 1.5, 4.0, 0.5),
)
FAILED = replace(ANSWERED, usage=Usage(), first_event=None, cost=None)


@pytest.fixture
def counted():
    """Count outcomes, and return every value by its metric and labels."""
    registry = CollectorRegistry()
    listener = Counting(MessagesMetrics(registry), lambda: [MODEL])

    def counted(*outcomes: Outcome) -> dict[str, float]:
        for outcome in outcomes:
            listener(outcome)
        found = {}
        for family in registry.collect():
            for sample in family.samples:
                name = sample.name.removeprefix("claude_proxy_")
                found[" ".join((name, *sample.labels.values()))] = sample.value
        return found

    return counted


def test_a_good_answer(counted):
    found = counted(ANSWERED, ANSWERED)
    assert found[f"tokens_total {MODEL} input"] == 14
    assert found[f"tokens_total {MODEL} output"] == 18
    assert found[f"tokens_total {MODEL} cache_read"] == 10
    assert f"tokens_total {MODEL} cache_creation" not in found
    assert found[f"cost_dollars_total {MODEL}"] == 1.0
    assert found[f"time_to_first_token_seconds_sum {MODEL}"] == 3.0
    assert found["time_in_queue_seconds_sum"] == 0.5
    assert found["requests_by_caller_total alice good"] == 2
    assert not [name for name in found if name.startswith("upstream_errors_total")]


def test_a_thousand_model_names_are_one_series(counted):
    found = counted(*(replace(ANSWERED, model=f"m-{n}") for n in range(1000)))
    names = [name for name in found if name.startswith("cost_dollars_total")]
    assert names == ["cost_dollars_total other"]
    assert found["cost_dollars_total other"] == 500


@pytest.mark.parametrize(
    ("ended", "error"),
    [
        (Ended(Kind.UPSTREAM_ERROR, 429, "rate_limit_error"), "rate_limit_error"),
        (Ended(Kind.UPSTREAM_ERROR, 529, "made-up"), "overloaded_error"),
        (Ended(Kind.UPSTREAM_ERROR, 418, "made-up"), "api_error"),
        (Ended(Kind.NETWORK), "network"),
        (Ended(Kind.TIMED_OUT), "timed_out"),
        (Ended(Kind.NOT_LOGGED_IN), None),
        (Ended(Kind.CANCELLED), None),
    ],
)
def test_an_upstreams_error_is_counted_by_its_status(counted, ended, error):
    found = counted(replace(FAILED, ended=ended))
    errors = [name for name in found if name.startswith("upstream_errors_total")]
    assert errors == ([f"upstream_errors_total {error}"] if error else [])
    assert found[f"requests_by_caller_total alice {ended.kind}"] == 1


def test_who_got_no_process_is_counted_by_why(counted):
    found = counted(replace(FAILED, ended=None, refusal="too_many_requests"))
    assert found["requests_by_caller_total alice too_many_requests"] == 1
    assert found["time_in_queue_seconds_count"] == 1


def test_a_quota_shows_what_was_told_last(counted):
    windows = {"five_hour": Window(0.5, 17), "unheard_of": Window(0.25)}
    first = RateLimit("allowed", windows=windows)
    then = RateLimit("allowed", "five_hour", 18, 0.75)
    found = counted(replace(ANSWERED, limit=first), replace(ANSWERED, limit=then))
    assert found["quota_utilization_ratio five_hour"] == 0.75
    assert found["quota_reset_timestamp_seconds five_hour"] == 18
    assert found["quota_utilization_ratio other"] == 0.25
