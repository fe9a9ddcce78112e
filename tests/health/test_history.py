"""``GET /health/history``; the client holds each answer against its description."""

import time
from datetime import UTC, datetime

import pytest

from app.contract.codes import Code
from app.history.archive import DAY, HOUR, MINUTE, Archive
from app.history.slot import SERVICE, Slot
from app.web.admission import Turns
from app.web.current import part_of


@pytest.fixture
def archive(app):
    return part_of(app, Archive)


def minute(code: Code | None = None, **more) -> Slot:
    made = Slot(requests=4, failed=1, tokens={"input_tokens": 9}, cost=0.5, **more)
    made.saw({SERVICE: code, "quota": None}, 60.0)
    return made


def ask(client, query: str = ""):
    return client.get(f"/health/history?{query}")


def full_hour(hours_ago: int) -> int:
    return int(time.time() // HOUR - hours_ago) * HOUR


def test_without_a_past_there_are_no_slots_of_it(client):
    body = ask(client, "since=1m").json
    assert body["service"] == "claude-proxy"
    assert [slot["status"] for slot in body["slots"] if slot["status"]] == []


def test_a_crowd_is_told_to_come_again(client, app, monkeypatch):
    monkeypatch.setattr(Turns, "_WAITING", 0)
    app.extensions["claude_proxy"][Turns] = turns = Turns()
    with turns.one():
        refused = ask(client)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.json["details"]["code"] == "overloaded"
    assert ask(client).status_code == 200


def test_a_slot_says_how_it_was(client, archive):
    at = full_hour(2)
    archive.add({at: minute(Code.LOGIN_EXPIRED, duration={0: 3})})
    [slot] = ask(client, "since=3h&step=minute").json["slots"]
    assert slot["start"] == datetime.fromtimestamp(at, UTC).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
    assert (slot["status"], slot["code"]) == ("unhealthy", "login_expired")
    assert slot["components"]["quota"] == {
        "status": "healthy",
        "code": None,
        "healthy_ratio": 1.0,
    }
    assert (slot["requests"], slot["failed_requests"]) == (4, 1)
    assert slot["duration_seconds"]["p50"] == pytest.approx(1.0, rel=0.06)


@pytest.mark.parametrize(
    ("since", "step"), [("6h", MINUTE), ("7d", HOUR), ("90d", DAY), ("9999d", DAY)]
)
def test_the_longer_the_time_the_longer_the_slots(client, since, step):
    assert ask(client, f"since={since}").json["step_seconds"] == step


def test_the_default_is_a_day_of_hours(client):
    body = ask(client).json
    since, until = (datetime.fromisoformat(body[k]) for k in ("since", "until"))
    assert 24 * HOUR <= (until - since).total_seconds() < 25 * HOUR
    assert body["step_seconds"] == HOUR


def test_the_uptime_is_of_what_was_measured(client, archive):
    at = full_hour(2)
    archive.add({at: minute(), at + 60: minute(Code.STALE), at + 120: minute()})
    body = ask(client, "since=24h&step=hour").json
    assert body["healthy_ratio"] == pytest.approx(2 / 3, abs=0.001)
    assert body["measured_ratio"] == pytest.approx(180 / (24 * HOUR), abs=0.001)


def test_a_moment_is_a_beginning_too(client, archive):
    at = full_hour(30)
    archive.add({at: minute(), at - DAY: minute()})
    moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    slots = ask(client, f"since={moment}&step=hour").json["slots"]
    assert slots[0]["start"] == moment


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("since=yesterday", "since:"),
        ("since=2024-01-15T10:30:00", "since:"),
        ("since=2999-01-15T10:30:00Z", "since:"),
        ("since=-5h", "since:"),
        ("since=%F0%9F%92%A3h", "since:"),
        ("step=second", "step:"),
        ("since=49h&step=minute", "step:"),
    ],
)
def test_what_cannot_be_given_is_refused_by_name(client, query, named):
    answer = ask(client, query)
    assert answer.status_code == 400
    assert answer.json["error"].startswith(named)
    assert answer.json["details"]["code"] == "bad_request"


def test_a_history_that_cannot_be_read_is_told(client, archive, tmp_path):
    (tmp_path / "state" / "history.sqlite").mkdir(parents=True)
    answer = ask(client)
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text
