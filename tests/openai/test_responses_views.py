"""What POST /v1/responses does in its own words."""

import pytest

from app.pool.events import Quiet
from tests.messages.test_views import ANSWER
from tests.openai.doors import BUSY, RESPONSES, problem_of
from tests.openai.told import events_of


def test_a_response(client, pool):
    pool.events = [Quiet(), *ANSWER]
    answer = RESPONSES.ask(client)
    assert answer.json["output"][0]["content"][0]["text"] == "Hello."
    assert answer.headers["request-id"] == answer.headers["X-Request-ID"]
    assert "Warning" not in answer.headers


def test_a_stream(client, pool):
    pool.events = [Quiet(), *ANSWER]
    answer = RESPONSES.ask(client, {"stream": True})
    assert answer.mimetype == "text/event-stream"
    told = events_of(answer.data)
    assert [told[0]["type"], told[-1]["type"]] == [
        "response.created",
        "response.completed",
    ]


@pytest.mark.parametrize("cut", range(1, len(ANSWER)))
def test_an_error_in_a_stream_is_its_last_word(client, pool, cut):
    pool.events = [*ANSWER[:cut], BUSY]
    answer = RESPONSES.ask(client, {"stream": True})
    *_, last = events_of(answer.data)
    assert last["type"] == "response.failed"
    assert last["response"]["error"]["message"] == "Busy."
    assert "completed" not in answer.text.replace('"completed_at"', "")


def test_a_field_within_a_field_is_refused_by_its_whole_name(client, pool):
    answer = RESPONSES.ask(client, {"text": {"verbosity": "low"}})
    expected = (400, "invalid_request_error", "text.verbosity", "unsupported_parameter")
    assert problem_of(answer) == expected


def test_or_passes_with_a_warning_and_is_counted(ignoring):
    lost = {"store": True, "text": {"verbosity": "low"}}
    answer = RESPONSES.ask(ignoring, lost)
    assert answer.status_code == 200
    warning = '299 - "ignored parameters: store, text.verbosity"'
    assert answer.headers["Warning"] == warning
    counted = 'claude_proxy_ignored_parameters_total{parameter="text.verbosity"} 1.0'
    assert counted in ignoring.get("/metrics").text
