"""gunicorn's options and hooks."""

import socket
from types import SimpleNamespace

import pytest

from config.gunicorn import bind_address, gunicorn_options, on_starting
from config.settings import load_settings


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


@pytest.mark.parametrize(
    ("host", "bind"),
    [("127.0.0.1", "127.0.0.1:8000"), ("::1", "[::1]:8000"), ("a.test", "a.test:8000")],
)
def test_the_address_is_written_as_gunicorn_takes_it(host: str, bind: str):
    assert bind_address(load_settings({"HOST": host})) == bind


def test_workers_and_threads_are_the_settings(monkeypatch):
    monkeypatch.setattr("config.shared.share_metrics", lambda _: None)
    options = gunicorn_options(load_settings({"WORKERS": "3", "THREADS": "5"}))
    assert (options["workers"], options["threads"]) == (3, 5)


def test_a_taken_port_stops_the_start(taken, capsys):
    with pytest.raises(SystemExit) as ended:
        on_starting(SimpleNamespace(master_pid=0, address=[taken]))
    assert ended.value.code == 1
    assert "already in use" in capsys.readouterr().err


def test_an_upgrade_takes_over_the_port_it_inherits(taken):
    on_starting(SimpleNamespace(master_pid=4711, address=[taken]))


def test_a_unix_socket_has_no_port_to_look_at():
    on_starting(SimpleNamespace(master_pid=0, address=["/run/proxy.sock"]))
