"""What one look makes of an answer, whatever that is."""

from datetime import UTC, datetime
from io import StringIO
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from app.commands import client
from app.commands.client import Answer
from app.commands.monitor.look import State, look
from app.commands.monitor.proxy import Proxy
from app.commands.monitor.table import render
from config.loading import load_settings
from tests.support.rude import RUDE, RudeServer, health


@pytest.fixture
def server():
    with RudeServer() as server:
        yield server


def seen(body: dict, status: int = 200):
    with mock.patch.object(client, "server", return_value=Answer(status, body)):
        return look("http://127.0.0.1:8000", mock.Mock())


@pytest.mark.parametrize(
    ("behaviour", "state", "reason"),
    [
        (health("healthy"), "healthy", ""),
        (health("unhealthy", 503, "No CLI", "Install it."), "unhealthy", "No CLI"),
        (health("error", 500, "Stale"), "error", "Stale"),
        (health("healthy", 503), "unhealthy", "HTTP status 503, while the body"),
        (health("unhealthy", 200, "No"), "unhealthy", "No"),
    ],
)
def test_what_a_proxy_says_is_what_is_seen(server, behaviour, state, reason):
    server.behaviour = behaviour
    found = look(server.url, load_settings())
    assert (found.state, found.reason.startswith(reason)) == (state, True)
    assert found.seconds is not None


@pytest.mark.parametrize("rude", RUDE)
def test_who_is_rude_is_unreachable_in_time(server, monkeypatch, rude):
    monkeypatch.setattr(client, "SECONDS", 0.5)
    server.behaviour = RUDE[rude]
    found = look(server.url, load_settings())
    assert (found.state, found.seconds) == (State.UNREACHABLE, None)
    assert found.reason
    assert "/health/detailed" not in found.reason


def test_the_server_knows_better_since_when_and_on_what():
    well = {"status": "healthy", "since": "2026-11-20T10:00:00Z"}
    bad = {"status": "unhealthy", "code": "cli_failed", "since": "2026-11-28T10:00:00Z"}
    parts = {
        "authentication": well | {"evidence": {"age_seconds": 30}},
        "claude_cli": bad | {"evidence": {"age_seconds": 2}},
    }
    body = {"status": "unhealthy", "details": {"code": "cli_failed"}}
    found = seen(body | {"components": parts}, 503)
    assert found.since == datetime(2026, 11, 28, 10, tzinfo=UTC)
    assert (found.evidence, found.wrong) == (30, ("claude_cli unhealthy (cli_failed)",))


def test_a_stranger_to_it_sees_no_since():
    found = seen({"status": "healthy", "components": {"quota": {"status": "healthy"}}})
    assert (found.since, found.evidence, found.wrong) == (None, None, ())


def test_no_escape_code_and_no_line_end_is_left():
    details = {"code": "x\x1b[1m", "remedy": "a\nb\x9b31m\u202ec"}
    found = seen({"status": "error", "error": "\x1b]0;t\x07Gone", "details": details})
    assert found.reason == "]0;t Gone"
    assert found.remedy == "a b 31m c"
    assert found.code == "x [1m"


words = st.text(max_size=9)
simple = st.none() | st.booleans() | st.integers() | st.floats() | words
values = simple | st.lists(simple, max_size=2) | st.dictionaries(words, simple)
fields = {
    **dict.fromkeys(("status", "code", "since"), values),
    "evidence": values | st.fixed_dictionaries({"age_seconds": values}),
}
moments = st.datetimes().map(lambda at: f"{at.isoformat()}+23:59")
bodies = st.fixed_dictionaries(
    {
        "status": values | st.sampled_from([*State]),
        "error": values,
        "details": values | st.fixed_dictionaries({"code": values, "remedy": values}),
        "components": values
        | st.dictionaries(
            words,
            values | st.fixed_dictionaries(fields | {"since": values | moments}),
            max_size=3,
        ),
    }
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies, st.sampled_from([200, 500, 503]))
def test_any_answer_can_be_shown_and_moves_nothing(body, status):
    proxy, screen = Proxy("http://127.0.0.1:8000"), StringIO()
    proxy.take(seen(body, status))
    Console(file=screen, width=100).print(render([proxy], 5.0, None))
    unprintable = {each for each in screen.getvalue() if not each.isprintable()}
    assert unprintable <= {"\n"}
