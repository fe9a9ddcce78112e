"""Who sees what through the shipped nginx and haproxy files."""

import os
import socket
from collections.abc import Iterator

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.support.processes import Service

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be others")
ELSEWHERE = ("127.0.0.2", 0)  # in no list: it stands for the world outside
OPEN = ("/health", "/health/live")
CLOSED = (
    *("/", "/page/page.js", "/health/detailed", "/health/history"),
    *("/metrics", "/openapi.json", "/nowhere"),
)
SLY = ("//metrics", "/%6detrics", "/v1/../metrics", "/v1/%2e%2e/metrics", "/metrics/")


@pytest.fixture(params=["nginx", "haproxy"])
def program(request) -> str:
    return request.param


@pytest.fixture
def service(serve, fake_claude) -> Service:
    """Start a service without a key: open to direct callers, and to nobody else."""
    service = serve(TRUSTED_PROXIES="127.0.0.1/32")
    service.becomes(None)
    return service


@pytest.fixture
def outside() -> Iterator[requests.Session]:
    """Ask as somebody from far away."""

    class Elsewhere(HTTPAdapter):
        def init_poolmanager(self, *args, **kwargs):
            super().init_poolmanager(*args, source_address=ELSEWHERE, **kwargs)

    with requests.Session() as session:
        session.mount("http://", Elsewhere())
        session.headers["Host"] = "localhost"
        yield session


def raw(url: str, request: str) -> str:
    """Send a request as it is from outside, and return the answer's status."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), 10, ELSEWHERE) as connection:
        connection.sendall(request.encode())
        return connection.recv(1000).decode().split()[1]


def test_outside_shows_whether_it_serves_and_no_more(
    service, in_front, outside, program
):
    url = in_front(program, service)
    assert [outside.get(url + path).status_code for path in OPEN] == [200, 200]
    assert {outside.get(url + path).status_code for path in CLOSED} == {403}
    statuses = {raw(url, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n") for path in SLY}
    assert statuses <= {"403", "404"}
    assert outside.post(f"{url}/v1/messages", json={}).status_code == 401


def test_a_listed_network_sees_statuses_and_no_details(service, in_front, program):
    url = in_front(program, service)
    with requests.Session() as listed:
        listed.headers["Host"] = "localhost"
        detailed = listed.get(f"{url}/health/detailed")
        assert detailed.status_code == 200
        assert "configuration" not in detailed.json()
        page = listed.get(f"{url}/").text
        assert "Healthy for" in page
        assert "user@example.com" not in page
        metrics = listed.get(f"{url}/metrics").text
        assert 'claude_cli_version=""' in metrics
        assert listed.post(f"{url}/v1/messages", json={}).status_code == 401
    assert "configuration" in service.get("/health/detailed").json()
    assert "user@example.com" in service.get("/").text


def test_a_forged_header_opens_nothing_and_hides_nobody(
    service, in_front, outside, program
):
    url = in_front(program, service)
    forged = {
        "X-Forwarded-For": '127.0.0.1, "',
        "X-Forwarded-Host": "localhost",
        "Forwarded": "for=127.0.0.1",
        "X-Real-IP": "127.0.0.1",
    }
    outside.headers.update(forged)
    assert outside.get(f"{url}/v1/models").status_code == 401
    assert outside.get(f"{url}/health/detailed").status_code == 403
    lines = [line for line in service.log.splitlines() if "/v1/models" in line]
    assert "caller=127.0.0.2" in lines[0]


def test_a_body_may_be_as_large_as_the_api_takes_it(service, in_front, program):
    url = in_front(program, service)
    head = "POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: "
    assert raw(url, f"{head}{32 << 20}\r\n\r\n") == "401"  # the key comes first
    assert raw(url, f"{head}{(32 << 20) + 1}\r\n\r\n") == "413"


def test_a_conversation_stays_with_its_replica(
    serve, fake_claude, in_front, program, tmp_path
):
    two = [serve(STATE_DIR=str(tmp_path / name)) for name in ("a", "b")]
    for each in two:
        each.becomes(None)
    url = f"{in_front(program, *two)}/v1/models"
    for _ in range(8):
        requests.get(url, headers={"X-Claude-Code-Session-Id": "one"})
    asked = [each.log.count("/v1/models") for each in two]
    assert sorted(asked) == [0, 8]
    for _ in range(24):
        requests.get(url)
    assert all(each.log.count("/v1/models") > 1 for each in two)
