"""Health learns from real requests: real servers, the real CLI, a stub upstream."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.messages.test_request import LEAST
from tests.service.test_messages import DOOR, DOORS
from tests.service.test_workers import GUNICORN
from tests.support.messages_api import write_login
from tests.support.ports import free_port
from tests.support.processes import BIN, Service
from tests.support.upstream import Answer, Upstream, message
from tests.support.waiting import wait_until

KEY = {"x-api-key": "k3y"}
REVOKED = Answer(status=401, error="authentication_error")
OVERLOADED = Answer(status=529, error="overloaded_error")
IMPATIENT = (str(BIN / "gunicorn"), "tests.service.impatient:app", "--threads", "8")
HAPROXY = """
global
  user www-data
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen balancer
  bind 127.0.0.1:{port}
  option httpchk GET /health
  http-check expect status 200
  server service 127.0.0.1:{target} check inter 100ms fall 1 rise 1
"""


@pytest.fixture
def upstream(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """Make a stub and a claude.ai login, which nothing but the stub ever sees."""
    write_login(environment)
    with Upstream() as upstream:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", upstream.url)
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield upstream


@pytest.fixture
def start(serve, real_claude, upstream) -> Callable[..., Service]:
    def start(*command: str, **variables: str) -> Service:
        chosen = {"CLAUDE_CLI_PATH": str(real_claude), "PROXY_API_KEY": "k3y"}
        service = serve(*command, **chosen, **variables)
        service.becomes(None)
        return service

    return start


@pytest.fixture
def balanced(tmp_path: Path) -> Iterator[Callable[[Service], str]]:
    """Put a balancer in front of a service that takes it out while it is unready."""
    started: list[subprocess.Popen[bytes]] = []

    def balanced(service: Service) -> str:
        port = free_port()
        target = service.url.rpartition(":")[2]
        file = tmp_path / "haproxy.cfg"
        file.write_text(HAPROXY.format(port=port, target=target))
        program = shutil.which("haproxy", path="/usr/sbin:/usr/bin")
        assert program, "haproxy is missing: run the tests with `make test`"
        command = [program, "-db", "-f", str(file)]
        started.append(subprocess.Popen(command, start_new_session=True))
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: status(url) == 200)
        return url

    yield balanced
    for process in started:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def status(url: str) -> int:
    """Ask the way a balancer does, through a new connection; 0: nobody answers."""
    try:
        return requests.get(f"{url}/health", timeout=5).status_code
    except requests.ConnectionError:
        return 0


def ask(url: str, door: str = DOOR) -> requests.Response:
    return requests.post(f"{url}{door}", json=LEAST, headers=KEY, timeout=30)


def code(service: Service) -> str | None:
    return service.get().json().get("details", {}).get("code")


def component(service: Service, name: str) -> dict:
    body = service.get("/health/detailed", headers=KEY).json()
    return body["components"][name]


def exhausted(seconds: int) -> Answer:
    reset = str(int(time.time()) + seconds)
    prefix = "anthropic-ratelimit-unified"
    headers = {
        f"{prefix}-status": "rejected",
        f"{prefix}-reset": reset,
        f"{prefix}-representative-claim": "five_hour",
        f"{prefix}-5h-utilization": "1.0",
        f"{prefix}-5h-reset": reset,
    }
    return Answer(status=429, error="rate_limit_error", headers=headers)


@DOORS
def test_a_login_revoked_upstream_and_restored(start, upstream, door):
    service = start()
    assert ask(service.url, door).status_code == 200
    upstream.always(REVOKED)
    assert ask(service.url, door).status_code == 401
    assert code(service) == "login_rejected"
    login = component(service, "authentication")
    assert (login["status"], login["evidence"]["source"]) == (
        "unauthenticated",
        "traffic",
    )
    upstream.always(Answer(message()))
    assert ask(service.url, door).status_code == 200
    assert code(service) is None
    assert component(service, "authentication")["evidence"]["source"] == "traffic"


def test_a_new_login_ends_it_as_well(start, upstream, environment):
    service = start()
    upstream.always(REVOKED)
    ask(service.url)
    assert code(service) == "login_rejected"
    write_login(environment)
    service.becomes(None)


def test_a_balancer_does_not_lock_it_out(start, upstream, balanced):
    service = start(*IMPATIENT)
    url = balanced(service)
    assert ask(url).status_code == 200
    upstream.always(REVOKED)
    assert ask(url).status_code == 401
    assert code(service) == "login_rejected"
    wait_until(lambda: status(url) == 503)
    upstream.always(Answer(message()))
    asked = len(upstream.requests)
    wait_until(lambda: status(url) == 200)  # half-open, and nobody was asked for that
    assert len(upstream.requests) == asked
    assert ask(url).status_code == 200
    assert component(service, "authentication")["evidence"]["source"] == "traffic"


def test_a_login_that_stays_revoked_is_tried_less_often(start, upstream, balanced):
    service = start(*IMPATIENT)
    url = balanced(service)
    upstream.always(REVOKED)
    shut = []
    for _ in range(2):
        assert ask(url).status_code == 401
        began = time.monotonic()
        wait_until(lambda: status(url) == 503)
        wait_until(lambda: status(url) == 200)
        shut.append(time.monotonic() - began)
    assert shut[0] >= 3
    assert shut[1] >= 7


def test_every_worker_says_what_one_has_seen(start, upstream):
    service = start(*GUNICORN, "--workers", "3", "--threads", "4")
    upstream.always(REVOKED)
    assert ask(service.url).status_code == 401

    def codes(times: int) -> set[str | None]:
        return {code(service) for _ in range(times)}

    wait_until(lambda: codes(30) == {"login_rejected"}, 3)
    assert codes(60) == {"login_rejected"}
    upstream.always(Answer(message()))
    assert ask(service.url).status_code == 200
    wait_until(lambda: codes(30) == {None}, 3)


def test_a_state_that_is_lost_breaks_no_answer(start, upstream, tmp_path):
    service = start()
    for file in (tmp_path / "state").glob("*.*"):
        file.write_bytes(b"garbage" * 3000)
    upstream.always(REVOKED)
    assert ask(service.url).status_code == 401
    assert code(service) == "login_rejected"


@pytest.mark.parametrize("answer", [OVERLOADED, Answer(status=500, error="api_error")])
def test_an_upstream_that_fails_is_no_outage_here(start, upstream, answer):
    service = start()
    upstream.always(answer)
    for _ in range(4):
        assert ask(service.url).status_code == answer.status
    assert code(service) is None
    assert str(answer.status) in component(service, "upstream")["note"]


def test_an_upstream_that_cannot_be_reached_is_told_apart(start, upstream, balanced):
    service = start(*IMPATIENT)
    url = balanced(service)
    upstream.server_close()  # its port refuses
    upstream.shutdown()
    for _ in range(3):
        assert code(service) is None
        assert "upstream_unreachable" in ask(service.url).text
    assert code(service) == "upstream_unreachable"
    assert component(service, "authentication")["status"] == "healthy"
    assert component(service, "claude_cli")["status"] == "healthy"
    wait_until(lambda: status(url) == 503)
    wait_until(lambda: status(url) == 200)  # half-open


def test_an_exhausted_quota_is_told_and_a_storm_asks_nobody(start, upstream):
    service = start()
    ask(service.url)
    assert code(service) is None
    upstream.always(exhausted(8))
    first = ask(service.url)
    assert first.status_code == 429
    asked = len(upstream.requests)
    health = service.get()
    assert health.json()["details"]["code"] == "quota_exhausted"
    assert 1 <= int(health.headers["Retry-After"]) <= 8
    assert component(service, "quota")["windows"]["five_hour"]["utilization"] == 1
    for _ in range(100):
        answer = ask(service.url)
        assert answer.status_code == 429
        assert answer.json()["error"] == first.json()["error"]
        assert 1 <= int(answer.headers["Retry-After"]) <= 8
    assert len(upstream.requests) == asked
    upstream.always(Answer(message()))
    service.becomes(None)
    assert ask(service.url).status_code == 200
