"""Probes answer whatever else the service is doing, or whoever holds connections."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.processes import BIN, Service
from tests.support.waiting import wait_until

SLOW = (str(BIN / "gunicorn"), "tests.service.slow:app")
PROBES = ("/health", "/health/live", "/metrics")


@pytest.fixture
def service(serve: Callable[..., Service], fake_claude, request) -> Service:
    shape = getattr(request, "param", ())
    service = serve(*SLOW, *shape, THREADS="8", HEADER_TIMEOUT_SECONDS="3")
    service.becomes(None)
    return service


@pytest.fixture
def connect(service: Service, dial) -> Callable[[], socket.socket]:
    return lambda: dial(service)


def probes_answer(service: Service, seconds: float = 1.0) -> None:
    """Every probe answers within Kubernetes' default of one second."""
    for path in PROBES * 3:
        assert requests.get(service.url + path, timeout=seconds).status_code == 200


def test_slow_work_leaves_threads_for_probes(service):
    url = f"{service.url}/slow?seconds=3"
    with ThreadPoolExecutor(20) as pool:
        slow = list(pool.map(lambda _: requests.get(url, stream=True), range(20)))
        statuses = sorted(answer.status_code for answer in slow)
        probes_answer(service)
    for answer in slow:
        answer.close()
    assert statuses == [200] * 6 + [503] * 14


def test_who_is_not_admitted_is_told_when_to_come_back(service):
    url = f"{service.url}/slow?seconds=2"
    held = [requests.get(url, stream=True) for _ in range(6)]
    refused = requests.get(url)
    assert refused.json()["details"]["code"] == "overloaded"
    assert refused.headers["Retry-After"] == "1"
    for answer in held:
        answer.close()
    wait_until(lambda: requests.get(f"{url[:-1]}0").status_code == 200)


def test_silent_connections_hold_no_thread(service, connect):
    for _ in range(500):
        connect()
    probes_answer(service)


def test_slow_headers_hold_no_thread(service, connect):
    slow = [connect() for _ in range(200)]
    for byte in b"GET /health HTTP/1.1\r\nX":
        for connection in slow:
            connection.send(bytes([byte]))
    probes_answer(service)


def test_slow_bodies_hold_no_thread(service, connect):
    head = b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    for _ in range(100):
        connect().send(head + b"a")
    probes_answer(service)


def test_half_a_pipelined_request_holds_no_thread(service, connect):
    for _ in range(100):
        connect().send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /he")
    probes_answer(service)


def test_clients_that_do_not_close_do_not_stop_the_loop(service, connect):
    for _ in range(100):
        connect().send(b"GET /health/live HTTP/1.0\r\n\r\n")
    probes_answer(service)


@pytest.mark.parametrize("service", [("--keep-alive", "60")], indirect=True)
def test_idle_connections_are_many(service, connect):
    for _ in range(5000):
        connection = connect()
        connection.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    probes_answer(service)


def test_a_request_in_pieces_is_answered(service, connect):
    connection = connect()
    for piece in (b"GET /health/live HT", b"TP/1.1\r\nHost: x\r", b"\n\r", b"\n"):
        connection.send(piece)
        time.sleep(0.02)
    assert connection.recv(4096).startswith(b"HTTP/1.1 200")


def test_pipelined_requests_are_all_answered(service, connect):
    connection = connect()
    connection.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
    received = b""
    while received.count(b"HTTP/1.1 200") < 3:
        received += connection.recv(4096)
    assert received.count(b"HTTP/1.1 200") == 3


def test_a_megabyte_of_headers_is_refused(service, connect):
    connection = connect()
    connection.sendall(b"GET /health HTTP/1.1\r\nX: " + b"a" * (1 << 20))
    assert connection.recv(4096).startswith(b"HTTP/1.1 431")
    probes_answer(service)


def test_what_is_no_request_is_refused_as_json(service, connect):
    connection = connect()
    connection.send(b"garbage\r\n\r\n")
    received = connection.recv(4096)
    assert received.startswith(b"HTTP/1.1 400")
    assert b'"code": "bad_request"' in received


def test_a_silent_connection_is_closed_in_the_end(service, connect):
    connection = connect()
    connection.settimeout(15)
    assert connection.recv(1) == b""


def test_a_stop_does_not_wait_for_the_silent(service, connect):
    for _ in range(20):
        connect()
    started = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - started < 9
