"""Several proxies at a time, one of which keeps everybody waiting."""

import threading
import time

import pytest

from app.commands import client
from app.commands.monitor import watch as watching
from app.commands.monitor.look import State, unreachable
from app.commands.monitor.watch import Watch
from config.loading import load_settings
from tests.support.rude import RudeServer, hang, health
from tests.support.waiting import wait_until


@pytest.fixture
def servers():
    with RudeServer() as one, RudeServer() as other:
        yield one, other


def states(watch: Watch) -> list[State | None]:
    list(watch.changes(0.05))
    return [each.now.look.state if each.now else None for each in watch.proxies]


def test_one_that_hangs_delays_no_other(servers, monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 0.5)
    slow, quick = servers
    slow.behaviour = hang
    with Watch((slow.url, quick.url), 0.1, load_settings()) as watch:
        wait_until(lambda: states(watch) == [None, "healthy"])
        quick.behaviour = health("unhealthy", 503, "No")
        wait_until(lambda: states(watch) == ["unreachable", "unhealthy"])
        slow.behaviour = health("healthy")
        wait_until(lambda: states(watch) == ["healthy", "unhealthy"])


def test_a_look_that_never_ends_is_no_healthy_one(monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 0.1)
    ended = threading.Event()
    monkeypatch.setattr(watching, "look", lambda *_: ended.wait(60))
    try:
        with Watch(("http://127.0.0.1:1",), 0.1, load_settings()) as watch:
            wait_until(lambda: states(watch) == ["unreachable"])
            assert watch.proxies[0].looks[-1].reason == "no answer for 0 s"
    finally:
        ended.set()


def test_it_looks_at_once_when_it_is_told_to(servers):
    server, _ = servers
    with Watch((server.url,), 3600, load_settings()) as watch:
        wait_until(lambda: states(watch) == ["healthy"])
        server.behaviour = health("error", 500, "Stale")
        watch.refresh()
        wait_until(lambda: states(watch) == ["error"])
        assert server.asked == 2


def test_it_asks_as_often_as_it_shall(servers):
    server, _ = servers
    with Watch((server.url,), 0.05, load_settings()):
        wait_until(lambda: server.asked > 5)


def test_its_end_waits_for_a_look_that_is_soon_over(monkeypatch):
    looking, over = threading.Event(), []

    def look(*_):
        looking.set()
        time.sleep(0.1)
        over.append(True)
        return unreachable("url", "no")

    monkeypatch.setattr(watching, "look", look)
    with Watch(("url",), 3600, load_settings()):
        looking.wait(10)
    assert over


def test_its_end_waits_for_nobody_who_hangs(servers):
    server, _ = servers
    server.behaviour = hang
    began = time.monotonic()
    with Watch((server.url,), 0.1, load_settings()):
        wait_until(lambda: server.asked)
    assert time.monotonic() - began < client.SECONDS
