"""One request in, one request upstream: the real CLI, every end of an answer."""

import json
import time

import pytest

from app.claude.environment import child_environment
from app.pool.events import Kind, StreamEvent
from app.pool.process import Process
from app.pool.session import Session
from tests.pool.conftest import ask, ended
from tests.support.upstream import Answer, blocks, free, message, tool_use
from tests.support.waiting import wait_until

ERRORS = [
    (400, "invalid_request_error"),
    (401, "authentication_error"),
    (403, "permission_error"),
    (413, "request_too_large"),
    (429, "rate_limit_error"),
    (500, "api_error"),
    (529, "overloaded_error"),
]
THOUGHT = {"type": "thinking", "thinking": "", "signature": ""}
BUSY = {"type": "overloaded_error", "message": "The stub is busy."}


def all_requests(upstream) -> int:
    """Count them once the CLI has had time for a second one."""
    time.sleep(0.3)
    return len(upstream.requests)


@pytest.mark.parametrize(
    "reason",
    [
        *("end_turn", "stop_sequence", "pause_turn", "max_tokens", "refusal"),
        *("model_context_window_exceeded", "a_future_reason"),
    ],
)
def test_every_stop_reason_is_one_request(session, upstream, reason):
    upstream.always(Answer(message("Yes.", reason)))
    events = ask(session)
    end = ended(events)
    assert (end.kind, end.stop_reason) == (Kind.GOOD, reason)
    assert events[-2].type == "message_stop"
    session.finish()
    assert all_requests(upstream) == 1


@pytest.mark.parametrize(
    "events",
    [
        message(""),
        message(" \n"),
        message("Not one tool", "tool_use"),
        blocks([(THOUGHT, [{"type": "thinking_delta", "thinking": "Hm"}])], "end_turn"),
    ],
    ids=["empty", "blank", "no tool", "thought only"],
)
def test_an_answer_that_shows_nothing_is_one_request(session, upstream, events):
    upstream.always(Answer(events))
    assert ended(ask(session)).kind is Kind.GOOD
    assert session.finish() == "asks_again"
    assert all_requests(upstream) == 1


CUT = message("Cut", "max_tokens")


def test_the_budget_stops_the_cli_by_itself(session, upstream, monkeypatch):
    """The first lock, and it is open again for the next request."""
    monkeypatch.setattr(session, "end", lambda _: None)
    monkeypatch.setattr("app.pool.lines.REFUSED", b'{"max_tokens":1}')
    for number, events in enumerate([CUT, message(""), CUT, message()], 1):
        upstream.always(Answer(events))
        assert ended(ask(session)).kind is Kind.GOOD
        assert session.finish() is None
        assert session.is_empty()
        assert all_requests(upstream) == number


def test_without_a_budget_the_cli_would_ask_again(session, upstream, monkeypatch):
    monkeypatch.setattr(session, "end", lambda _: None)
    monkeypatch.setattr("app.pool.lines.REFUSED", b'{"max_tokens":1}')
    upstream.always(Answer(free(CUT)))
    ask(session)
    wait_until(lambda: len(upstream.requests) > 1)


def test_killed_it_does_not(session, upstream):
    """The second lock."""
    upstream.always(Answer(free(CUT), pause=0.05))
    assert ended(ask(session)).stop_reason == "max_tokens"
    assert session.finish() == "asks_again"
    assert all_requests(upstream) == 1


def test_what_it_asks_by_itself_is_refused(session, upstream, monkeypatch):
    """The third lock."""
    monkeypatch.setattr(session, "end", lambda _: None)
    upstream.always(Answer(free(CUT), pause=0.05))
    ask(session)
    wait_until(lambda: len(upstream.requests) > 1)
    assert upstream.requests[1]["messages"] == []
    assert upstream.requests[1]["max_tokens"] == 0


def test_a_refusal_comes_with_its_details(session, upstream):
    details = {"type": "refusal", "category": "cyber", "explanation": "No."}
    sent = message("I", "refusal", stop_details=details)
    upstream.always(Answer(sent))
    events = [event for event in ask(session) if isinstance(event, StreamEvent)]
    assert [json.loads(event.raw) for event in events] == sent


@pytest.mark.parametrize(("status", "type_"), ERRORS)
def test_an_error_is_one_request_and_keeps_its_meaning(
    session, upstream, status, type_
):
    upstream.always(Answer(status=status, error=type_))
    end = ended(ask(session))
    assert (end.kind, end.status, end.type) == (Kind.UPSTREAM_ERROR, status, type_)
    assert end.request_id == "req_stub"
    assert status == 413 or end.message == f"The stub says {type_}."
    assert session.finish() == Kind.UPSTREAM_ERROR
    assert all_requests(upstream) == 1


def test_a_404_is_two_requests_none_of_them_answered(session, upstream):
    """No switch is known that stops the second; both are refused."""
    upstream.always(Answer(status=404, error="not_found_error"))
    end = ended(ask(session))
    assert (end.kind, end.status) == (Kind.UPSTREAM_ERROR, 404)
    assert all_requests(upstream) == 2


@pytest.mark.parametrize("cut", [0, 1, 3])
def test_a_dropped_connection_is_no_answer(session, upstream, cut):
    upstream.always(Answer(message(), cut=cut))
    events = ask(session)
    assert (ended(events).kind, ended(events).type) == (Kind.NETWORK, None)
    assert not stopped(events)
    assert all_requests(upstream) == 1


def test_an_upstream_that_is_not_reached_is_told_from_that(
    session, monkeypatch, real_claude
):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    process = Process.start(real_claude, child_environment(), None, 30)
    other = Session(process)
    other.key = session.key
    end = ended(ask(other))
    assert (end.kind, end.type) == (Kind.NETWORK, "connection_failed")
    other.end("test is over")
    process.reap()


@pytest.mark.parametrize("begun", [0, 3])
def test_an_error_in_the_stream_is_no_answer(session, upstream, begun):
    upstream.always(Answer([*message()[:begun], {"type": "error", "error": BUSY}]))
    events = ask(session)
    end = ended(events)
    assert (end.kind, end.status) == (Kind.UPSTREAM_ERROR, 529)
    assert (end.type, end.message) == ("overloaded_error", "The stub is busy.")
    assert not stopped(events)
    assert all_requests(upstream) == 1


def stopped(events) -> bool:
    """Tell whether a caller would take this for a whole answer."""
    types = {event.type for event in events if isinstance(event, StreamEvent)}
    return bool(types & {"message_delta", "message_stop"})


def test_tool_use_is_one_request_and_no_tool_runs(session, upstream, tmp_path):
    ran = tmp_path / "ran"
    upstream.always(Answer(tool_use("Bash", {"command": f"touch {ran}"})))
    assert ended(ask(session)).stop_reason == "tool_use"
    assert session.finish() is None
    assert session.is_empty()
    assert all_requests(upstream) == 1
    assert not ran.exists()


def test_no_login_is_told_from_a_refusal(session, upstream, monkeypatch, real_claude):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    process = Process.start(real_claude, child_environment(), None, 30)
    other = Session(process)
    other.key = session.key
    assert ended(ask(other)).kind is Kind.NOT_LOGGED_IN
    other.end("test is over")
    process.reap()
    assert upstream.requests == []
