"""The manifests' probes, applied to real services as a kubelet applies them.

Ten times as fast: delays, periods, graces and the drain; time-outs and thresholds are
the manifest's. What a pod's story says is printed with its times.
"""

import contextlib
import json
import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import yaml

from tests.deploy.conftest import KEY
from tests.deploy.pods import BEGINS, SPEED, becomes
from tests.deploy.pods import create as create
from tests.messages.test_request import LEAST
from tests.service.conftest import upstream as upstream
from tests.support.kubelet import Pod, kill
from tests.support.processes import BIN, ROOT
from tests.support.upstream import Answer
from tests.support.waiting import wait_until


def test_it_starts_and_serves(create):
    becomes(create(), *BEGINS)


def test_a_lost_cli_takes_the_traffic_away_and_restarts_nothing(create, fake_claude):
    pod = create()
    becomes(pod, *BEGINS)
    fake_claude.path.unlink()
    becomes(pod, *BEGINS, "unready: 503 cli_not_found")
    before = pod.asked["liveness"]
    wait_until(lambda: pod.asked["liveness"] > before + 6, 30)
    fake_claude.install()
    becomes(pod, *BEGINS, "unready: 503 cli_not_found", "ready")


def test_a_logout_takes_the_traffic_away_and_restarts_nothing(create, fake_claude):
    pod = create()
    becomes(pod, *BEGINS)
    fake_claude.set(logged_in=False)
    becomes(pod, *BEGINS, "unready: 503 not_authenticated")
    before = pod.asked["liveness"]
    wait_until(lambda: pod.asked["liveness"] > before + 6, 30)
    fake_claude.set(logged_in=True)
    becomes(pod, *BEGINS, "unready: 503 not_authenticated", "ready")


def test_a_start_without_a_login_waits_for_one(create, fake_claude):
    fake_claude.set(logged_in=False)
    pod = create()
    becomes(pod, "started", "up")
    fake_claude.set(logged_in=True)
    becomes(pod, *BEGINS)


def test_a_cli_that_hangs_takes_the_traffic_away_and_restarts_nothing(
    create, fake_claude
):
    pod = create()
    becomes(pod, *BEGINS)
    fake_claude.set(mode="hang")
    becomes(pod, *BEGINS, "unready: 503 cli_timeout")
    fake_claude.set(mode="ok")
    becomes(pod, *BEGINS, "unready: 503 cli_timeout", "ready")


def test_a_process_that_hangs_is_restarted(create):
    pod = create()
    becomes(pod, *BEGINS)
    for pid in (pod.service.process.pid, *pod.service.workers()):
        os.kill(pid, signal.SIGSTOP)
    ended = ["liveness failed: no answer", "SIGTERM", "SIGKILL", "ended with -9"]
    becomes(pod, *BEGINS, "unready: no answer", *ended, *BEGINS)


def test_a_worker_that_hangs_is_replaced_before_a_probe_gives_up(create):
    silent = str(30 // SPEED)  # gunicorn's own time-out
    gunicorn = (str(BIN / "gunicorn"), "wsgi:app", "--timeout", silent)
    pod = create(command=gunicorn)
    becomes(pod, *BEGINS)
    os.kill(pod.service.workers()[0], signal.SIGSTOP)
    wait_until(lambda: pod.story.count("ready") == 2, 60)
    assert [each.split(":")[0] for each in pod.story] == [*BEGINS, "unready", "ready"]


def test_with_every_place_taken_it_stays_ready(create, upstream):
    upstream.always(Answer(hangs=True))
    pod = create(THREADS="4", QUEUE_TIMEOUT_SECONDS="60", POOL_MAX="2")
    becomes(pod, *BEGINS)
    with contextlib.ExitStack() as callers:
        for _ in range(8):
            callers.enter_context(asking(pod))
        wait_until(lambda: upstream.requests, 30)
        wait_until(lambda: refused(pod), 30)
        before = pod.asked["liveness"]
        wait_until(lambda: pod.asked["liveness"] > before + 6, 30)
        assert refused(pod)
    assert pod.story == BEGINS


@contextlib.contextmanager
def asking(pod: Pod) -> Iterator[None]:
    """Ask for an answer that does not come, while the block lasts."""
    host, port = pod.url.removeprefix("http://").split(":")
    body = json.dumps(LEAST)
    head = f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nx-api-key: {KEY}\r\n"
    with socket.create_connection((host, int(port))) as caller:
        caller.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        yield


def refused(pod: Pod) -> bool:
    """Tell whether there is no place for one more request."""
    url, headers = f"{pod.url}/v1/messages", {"x-api-key": KEY}
    answer = requests.post(url, json=LEAST, headers=headers, timeout=30)
    return answer.status_code == 529


def test_a_sigterm_drains_it_and_it_is_started_again(create):
    pod = create()
    becomes(pod, *BEGINS)
    pod.service.process.terminate()
    becomes(pod, *BEGINS, "unready: 503 draining", "ended with 0", *BEGINS)


def test_a_killed_one_is_started_again(create):
    pod = create()
    becomes(pod, *BEGINS)
    kill(pod.service)
    becomes(pod, *BEGINS, "ended with -9", *BEGINS)


PRINTED = """\
livenessProbe:
  httpGet:
    path: /health
    port: 8000
  initialDelaySeconds: 30
  periodSeconds: 10

readinessProbe:
  httpGet:
    path: /health/detailed
    port: 8000
  initialDelaySeconds: 5
  periodSeconds: 5
"""


@pytest.fixture
def printed() -> Any:
    """Return a pod with the probes of the contract's example, as the docs print it."""
    assert PRINTED in (ROOT / "docs/health.md").read_text()
    container = {"ports": [{"containerPort": 8000}], **yaml.safe_load(PRINTED)}
    return {"containers": [container], "terminationGracePeriodSeconds": 620}


def test_the_contracts_example_works_as_printed(create, printed):
    pod = create(printed)
    wait_until(lambda: pod.asked["liveness"] > 4, 60)
    assert pod.story == ["started", "ready"]


def test_the_contracts_example_restarts_for_a_login_as_the_docs_say(
    create, printed, fake_claude
):
    pod = create(printed)
    wait_until(lambda: pod.asked["liveness"], 60)
    fake_claude.set(logged_in=False)
    wait_until(lambda: pod.restarts, 60)
    said = "503 not_authenticated"
    ended = [f"liveness failed: {said}", "SIGTERM", "ended with 0", "started"]
    assert pod.story == ["started", "ready", f"unready: {said}", *ended]
