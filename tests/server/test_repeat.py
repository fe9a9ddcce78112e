"""Which requests are answered without a thread, and with what."""

import pytest

from app.monitor.monitor import Monitor
from app.runtime import Runtime
from app.server.repeat import at_hand
from app.web.current import part_of
from tests.support.waiting import wait_until

PROBE = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def replay(client):
    """Return the replay of an app that has just answered a probe."""
    monitor = part_of(client.application, Monitor)
    wait_until(lambda: monitor.report().code is None)
    client.get("/health")
    return client.application.wsgi_app


def hand(replay, head: bytes):
    return at_hand(bytearray(head), replay)


def test_a_probe_is_answered_from_memory(replay, client):
    answer = wait_until(lambda: client.get("/health") and hand(replay, PROBE))
    assert answer.body == [client.get("/health").data]


@pytest.mark.parametrize(
    "head",
    [
        PROBE.replace(b"GET", b"POST"),
        PROBE.replace(b"/health", b"/health/live"),
        PROBE.replace(b"Host", b"X-Request-ID: mine\r\nHost"),
        PROBE.replace(b"Host", b"ORIGIN: http://x\r\nHost"),
        PROBE.replace(b"Host", b"accept: text/plain\r\nHost"),
        PROBE.replace(b"Host", b"Accept: application/health+json\r\nHost"),
        PROBE.replace(b"Host", b"Accept: application/json;q=0.1, */*\r\nHost"),
        PROBE.replace(b"/health", b"/health?format=text"),
        PROBE + b"GET /",
    ],
)
def test_what_asks_for_more_takes_a_thread(replay, client, head):
    wait_until(lambda: client.get("/health") and hand(replay, PROBE))
    assert hand(replay, head) is None


def test_a_probe_that_takes_anything_is_answered_from_memory(replay, client):
    head = PROBE.replace(b"Host", b"Accept: */*\r\nHost")
    assert wait_until(lambda: client.get("/health") and hand(replay, head))


def test_while_draining_nothing_is_at_hand(replay, client):
    wait_until(lambda: client.get("/health") and hand(replay, PROBE))
    part_of(client.application, Runtime).drain_flag[0] = 1
    assert hand(replay, PROBE) is None


def test_a_report_that_is_too_old_is_not_at_hand(replay, client):
    wait_until(lambda: client.get("/health") and hand(replay, PROBE))
    wait_until(lambda: hand(replay, PROBE) is None)
