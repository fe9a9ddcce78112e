"""The layer that repeats the healthy answer: the same bytes, and never too long."""

import pytest

from app.contract.codes import Code
from app.metrics.registry import Metrics
from app.monitor.monitor import Monitor
from app.web.current import part_of
from tests.support.waiting import wait_until


@pytest.fixture
def settled(client):
    monitor = part_of(client.application, Monitor)
    wait_until(lambda: monitor.report().code is None)
    return client


def test_the_repeated_answer_is_the_views(settled, monkeypatch):
    monitor = part_of(settled.application, Monitor)
    report = monitor.report()
    monkeypatch.setattr(monitor, "report", lambda **_: report)
    first, second = settled.get("/health"), settled.get("/health")
    assert "X-Request-ID" in first.headers
    assert "X-Request-ID" not in second.headers
    assert (second.data, second.headers["Cache-Control"]) == (first.data, "no-store")


def test_head_repeats_no_body(settled):
    answers = [settled.head("/health") for _ in range(2)]
    assert [answer.data for answer in answers] == [b"", b""]
    assert int(answers[1].headers["Content-Length"]) > 0


def test_a_repeated_answer_is_counted(settled):
    metrics = part_of(settled.application, Metrics)
    for _ in range(3):
        settled.get("/health")
    assert metrics.totals() == (3, 0)


def test_what_asks_for_its_own_request_id_gets_it(settled):
    settled.get("/health")
    answer = settled.get("/health", headers={"X-Request-ID": "mine"})
    assert answer.headers["X-Request-ID"] == "mine"


def test_nothing_is_repeated_once_the_state_has_changed(settled, fake_claude):
    settled.get("/health")
    fake_claude.path.unlink()
    answer = wait_until(
        lambda: (answer := settled.get("/health")).status_code == 503 and answer
    )
    assert answer.json["details"]["code"] == Code.CLI_NOT_FOUND


def test_another_method_is_refused_all_the_same(settled):
    settled.get("/health")
    assert settled.post("/health").status_code == 405
