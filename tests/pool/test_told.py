"""What the CLI tells besides an answer: its cost, the quota, models, a request's id."""

import pytest

from app.claude.environment import child_environment
from app.pool.events import RateLimit, Result, Window
from app.pool.parsing import cost
from app.pool.process import Process
from app.pool.session import Key, Session
from tests.pool.conftest import ask, ended, prompt
from tests.support.messages_api import write_login
from tests.support.upstream import Answer, message, quota_used_up, tool_use

# 3 tokens in, 7 out, at 3 and 15 dollars a million.
PRICE = pytest.approx(0.000114)


def heard(session: Session, upstream, answer: Answer) -> list[RateLimit | Result]:
    """Ask, empty the process, and return what was told besides the answer."""
    upstream.always(answer)
    told: list[RateLimit | Result] = []
    list(session.ask(prompt(), tell=told.append))
    session.finish()
    session.is_empty()
    return told


def test_each_answers_cost_is_its_own(session, upstream):
    for answer in (message(), tool_use("t", {}), message()):
        (result,) = heard(session, upstream, Answer(answer))
        assert cost(result) == PRICE


def test_an_answer_after_which_the_process_is_ended_has_no_cost(session, upstream):
    assert heard(session, upstream, Answer(message(stop="max_tokens"))) == []


def test_a_model_without_a_price_costs_nothing_that_is_known(session, upstream):
    session.key = Key("alice", "claude-unheard-of-7", None)
    (result,) = heard(session, upstream, Answer(message()))
    assert cost(result) is None


def test_a_good_answer_has_the_upstreams_request_id(session, upstream):
    upstream.always(Answer(message(), headers={"request-id": "req_good"}))
    assert ended(ask(session)).request_id == "req_good"


def test_the_cli_says_which_models_it_offers(session):
    names = session.process.models
    assert len(names) == len(set(names)) > 2
    assert all(name.startswith("claude-") for name in names)


@pytest.fixture
def logged_in(real_claude, upstream, folder, environment, monkeypatch):
    """Start a process that has a login, which has a quota."""
    write_login(environment)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # it asks for the account
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    process = Process.start(real_claude, child_environment(), folder, 30)
    session = Session(process)
    session.key = Key("alice", "claude-sonnet-4-5", None)
    yield session
    session.end("test is over")
    process.reap()


def test_a_quota_that_is_used_up_is_told_by_window(logged_in, upstream):
    refusal = quota_used_up()
    limit = heard(logged_in, upstream, refusal)[0]
    assert isinstance(limit, RateLimit)
    reset = float(refusal.headers["anthropic-ratelimit-unified-reset"])
    five_hours, week = Window(1, reset), Window(0.25, reset)
    assert limit.windows == {"five_hour": five_hours, "seven_day": week}
