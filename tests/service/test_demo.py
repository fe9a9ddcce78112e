"""What ``make demo`` starts: the real CLI, a made-up login, no account."""

import sys

import pytest

from tests.support.ports import free_port
from tests.support.processes import Service
from tests.support.waiting import wait_until

MADE_UP = "The past on the status page is made up"


@pytest.fixture
def demo(serve, real_claude) -> Service:
    port = str(free_port())
    command = [sys.executable, "-m", "app", "serve"]
    demo: Service = serve(
        *(sys.executable, "-m", "tests.support.demo"),
        *command,
        CLAUDE_CLI_PATH=str(real_claude),
        PORT=port,
    )
    demo.becomes(None)
    return demo


def test_a_newcomer_sees_every_component_healthy(demo):
    body = demo.get("/health/detailed").json()
    statuses = {part["status"] for part in body["components"].values()}
    assert statuses == {"healthy"}
    assert body["components"]["authentication"]["user"] == "demo@example.com"


def test_a_newcomer_sees_a_past_and_is_told_that_it_is_made_up(capfd, demo, tmp_path):
    past = demo.get("/health/history?since=90d").json()
    assert len(past["slots"]) > 80
    assert "Outages of the last 90 days" in demo.get("/").text
    assert MADE_UP in capfd.readouterr().out
    assert list(tmp_path.rglob("history.sqlite")) == []  # it is in a HOME of its own


def test_the_plots_go_on(demo):
    def good() -> int:
        slots = demo.get("/health/history?since=5m&step=minute").json()["slots"]
        return sum(slot["requests"] - slot["failed_requests"] for slot in slots[-2:])

    before = good()
    assert wait_until(lambda: good() > before, 60)
