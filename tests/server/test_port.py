"""The port is looked at before anything starts."""

import json
import socket

import pytest

from app.server.port import refuse_taken_port


def refused(capsys, host: str, port: int) -> dict:
    with pytest.raises(SystemExit) as ended:
        refuse_taken_port(host, port)
    assert ended.value.code == 1
    return json.loads(capsys.readouterr().err)


def test_a_taken_port_is_told_in_the_contracts_words(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        body = refused(capsys, "127.0.0.1", port)
    assert body["status"] == "unhealthy"
    assert body["error"] == f"Port {port} already in use"
    assert (body["details"]["port"], body["details"]["host"]) == (port, "127.0.0.1")
    assert body["details"]["code"] == "port_in_use"


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_an_address_that_is_not_ours_is_told(capsys, host):
    body = refused(capsys, host, 8000)
    assert body["details"]["code"] == "address_unavailable"


def test_a_free_port_is_left_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
    refuse_taken_port(*address)
    with socket.socket() as ours:  # without SO_REUSEADDR, which shares with a mere bind
        ours.bind(address)


def test_the_body_is_the_contracts_and_nothing_more(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        body = refused(capsys, *taken.getsockname())
    assert list(body) == ["status", "service", "timestamp", "error", "details"]
    assert set(body["details"]) == {"port", "host", "code", "remedy"}
    assert "--port or PORT environment variable" in body["details"]["remedy"]


def test_a_taken_ipv6_port_is_told(capsys):
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        body = refused(capsys, *taken.getsockname()[:2])
    assert body["details"]["code"] == "port_in_use"
    assert body["details"]["host"] == "::1"


def test_a_port_taken_on_one_address_is_taken_for_all_of_them(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        body = refused(capsys, "0.0.0.0", taken.getsockname()[1])
    assert body["details"]["code"] == "port_in_use"


def test_a_port_with_old_connections_can_be_had_again():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with socket.create_connection(address) as caller:
            server.accept()[0].close()  # who closes first is left in TIME_WAIT
            assert caller.recv(1) == b""
    refuse_taken_port(*address)
    with socket.create_server(address):  # and the look has left it free
        pass


@pytest.mark.parametrize("host", ["a..b", "x" * 64])
def test_a_host_that_is_no_name_is_told(capsys, host):
    with pytest.raises(SystemExit):
        refuse_taken_port(host, 8000)
    code = json.loads(capsys.readouterr().err)["details"]["code"]
    assert code == "address_unavailable"


def test_localhost_is_looked_at_where_gunicorn_binds_it(monkeypatch):
    """gunicorn binds every name with AF_INET."""
    found = socket.getaddrinfo
    six = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0))

    def both(host, port, family=0, **more):
        four = found("127.0.0.1", port, family, **more)
        return four if family == socket.AF_INET else [six, *four]

    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(socket, "getaddrinfo", both)
        with pytest.raises(SystemExit):
            refuse_taken_port("localhost", taken.getsockname()[1])
