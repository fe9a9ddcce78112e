"""What a connection is told is so: kept or closed, answered once or refused."""

import signal
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.service.attacks import GET, LIVE
from tests.support.processes import BIN, Service
from tests.support.waiting import wait_until

POST = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%s"
KEPT = b"Connection: keep-alive"
CLOSED = b"Connection: close"


@pytest.fixture
def service(serve: Callable[..., Service], fake_claude) -> Service:
    service = serve(str(BIN / "gunicorn"), "tests.service.slow:app")
    service.becomes(None)
    return service


@pytest.fixture
def connection(service: Service, dial) -> socket.socket:
    return dial(service)


def answer(
    connection: socket.socket,
    *request: bytes,
    pause: float = 0.0,
    method: bytes = b"GET",
) -> bytes:
    """Send a request, in pieces with pauses between them; return the answer's head."""
    for piece in request:
        connection.sendall(piece)
        time.sleep(pause)
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = connection.recv(1)
        assert chunk, f"closed after {head!r}"
        head += chunk
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    left = 0 if method == b"HEAD" else int(length)
    while left:
        left -= len(connection.recv(left))
    return head


def everything(connection: socket.socket) -> bytes:
    """Return what comes until the service closes."""
    received = b""
    with suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            received += chunk
    return received


@pytest.mark.parametrize("size", [100, 70_000])
def test_who_is_told_that_the_connection_is_kept_finds_it_kept(service, dial, size):
    for _ in range(10):
        connection = dial(service)
        head = POST % (b"/health", size)
        first = answer(connection, head, b"a" * size, pause=0.1)
        assert (KEPT in first) != (CLOSED in first)
        if KEPT in first:
            assert answer(connection, LIVE).startswith(b"HTTP/1.1 200")


def test_a_body_that_came_with_its_request_costs_no_connection(connection):
    first = answer(connection, POST % (b"/health", 5) + b"abcde")
    assert first.startswith(b"HTTP/1.1 405")
    assert KEPT in first
    assert answer(connection, LIVE).startswith(b"HTTP/1.1 200")


def test_a_body_that_is_not_waited_for_closes(connection):
    assert CLOSED in answer(connection, POST % (b"/health", 70_000))


@pytest.mark.parametrize(
    "request_",
    [
        (POST % (b"/read", 200_000), b"a" * 200_000),
        (CHUNKED % (b"/read", b"5\r\nabcde\r\n"), b"0\r\n\r\n"),
    ],
)
def test_a_body_that_was_read_keeps_the_connection(connection, request_):
    assert KEPT in answer(connection, *request_, pause=0.1)
    assert answer(connection, LIVE).startswith(b"HTTP/1.1 200")


def test_a_malformed_body_gets_one_answer(connection):
    connection.sendall(CHUNKED % (b"/health", b"5\r\nabcde\r\nZZ\r\n\r\n"))
    assert everything(connection).count(b"HTTP/1.1 ") == 1


def test_an_idle_connection_is_kept_longer_than_clients_pause(connection):
    answer(connection, LIVE)
    time.sleep(3)
    assert answer(connection, LIVE).startswith(b"HTTP/1.1 200")


def test_a_request_without_a_host_is_refused(connection):
    connection.sendall(b"GET /health HTTP/1.1\r\n\r\n")
    refusal = everything(connection)
    assert refusal.startswith(b"HTTP/1.1 400")
    assert b'"code": "bad_request"' in refusal


def test_http_1_0_needs_no_host(connection):
    connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
    assert everything(connection).startswith(b"HTTP/1.0 200")


@pytest.mark.parametrize(
    "begin", [b"GET /health HTTP/1.1\nHost: x\n\n", b"GET / HTTP/1.1\r\nA: b\n", b"\0"]
)
def test_what_will_never_be_a_request_is_refused_at_once(connection, begin):
    connection.sendall(begin)  # 5 seconds to answer, of 10 that headers have
    assert connection.recv(4096).startswith(b"HTTP/1.1 400")


def test_a_tls_client_is_told_at_once(connection):
    context = ssl.create_default_context()
    with pytest.raises(ssl.SSLError, match=r"(?i)wrong.version"):
        context.wrap_socket(connection, server_hostname="localhost")


def test_a_caller_cannot_say_where_the_service_is_mounted(connection):
    request = GET % (b"/elsewhere/metrics", b"SCRIPT_NAME: /elsewhere\r\n")
    assert answer(connection, request).startswith(b"HTTP/1.1 404")


def test_while_draining_every_answer_says_close(serve, fake_claude, dial):
    service = serve(DRAIN_SECONDS="20")
    service.becomes(None)
    kept = [dial(service) for _ in range(3)]
    for connection in kept:
        assert KEPT in answer(connection, LIVE)
    service.process.send_signal(signal.SIGTERM)
    wait_until(lambda: service.get().status_code == 503)
    paths = (b"/health", b"/health/live", b"/none")
    for connection, path in zip(kept, paths, strict=True):
        assert CLOSED in answer(connection, GET % (path, b""))


def test_a_stop_closes_idle_connections_at_once_and_silent_ones_soon(
    serve, fake_claude, dial
):
    service = serve()
    service.becomes(None)
    silent, idle = dial(service), dial(service)
    answer(idle, LIVE)
    service.process.send_signal(signal.SIGTERM)
    silent.settimeout(8)  # it would have had ten seconds, and has half a one
    assert silent.recv(1) == b""
    idle.settimeout(0)  # it would have had two
    assert idle.recv(1) == b""


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_a_probe_repeated_without_a_thread_has_the_same_answer(connection, method):
    def ask(more: bytes) -> list[bytes]:
        request = method + b" /health HTTP/1.1\r\nHost: x\r\n" + more + b"\r\n"
        lines = answer(connection, request, method=method).split(b"\r\n")
        return [line for line in lines if not line.startswith(b"Date:")]

    repeated = ask(b"")
    while any(line.startswith(b"X-Request-ID") for line in repeated):
        repeated = ask(b"")
    asked = ask(b"X-Request-ID: mine\r\n")
    assert sorted([*repeated, b"X-Request-ID: mine"]) == sorted(asked)


def test_repeated_probes_are_counted(service, connection):
    for _ in range(50):
        answer(connection, GET % (b"/health", b""))
    counted = (
        'claude_proxy_requests_total{endpoint="/health",method="GET",status="200"}'
    )
    lines = service.get("/metrics").text.splitlines()
    value = next(line for line in lines if line.startswith(counted)).split()[-1]
    assert float(value) >= 50
