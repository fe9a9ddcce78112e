"""The past of a real service: through kills, restarts and whichever worker writes."""

import os
import signal
import time

import pytest
import requests

from tests.support.processes import leader
from tests.support.waiting import wait_until


def measured(service) -> float:
    slots = service.get("/health/history?since=10m&step=minute").json()["slots"]
    return sum(slot["measured_seconds"] for slot in slots)


def writes(service, seconds: float) -> float:
    """Wait until so many seconds are in the archive."""
    return wait_until(lambda: (s := measured(service)) >= seconds and s, 60)


@pytest.mark.parametrize("workers", ["1", "3"])
def test_a_restart_and_a_kill_lose_no_more_than_a_few_seconds(
    serve, fake_claude, tmp_path, workers
):
    first = serve(WORKERS=workers)
    first.becomes(None)
    before = writes(first, 5)
    os.kill(first.process.pid, signal.SIGKILL)
    second = serve(WORKERS=workers)
    second.becomes(None)
    assert measured(second) >= before
    writes(second, before + 1)


def test_a_killed_leader_leaves_a_gap_of_seconds(serve, fake_claude, tmp_path):
    service = serve(WORKERS="2")
    service.becomes(None)
    began = time.monotonic()
    writes(service, 5)
    os.kill(leader(tmp_path / "state"), signal.SIGKILL)
    service.becomes(None)
    time.sleep(12)
    passed = time.monotonic() - began
    service.stop()
    again = serve()
    again.becomes(None)
    assert passed - 12 <= measured(again) <= passed + 8


def test_every_worker_reads_the_same_past(serve, fake_claude):
    service = serve(WORKERS="3")
    service.becomes(None)
    writes(service, 5)
    url = service.url + "/health/history?since=10m"
    answers = {len(requests.get(url, timeout=10).json()["slots"]) for _ in range(12)}
    assert min(answers) >= 1
