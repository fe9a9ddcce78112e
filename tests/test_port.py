"""The port is looked at before anything starts."""

import json
import socket

import pytest

from app.port import refuse_taken_port


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
    refuse_taken_port("127.0.0.1", 0)
