"""gunicorn's options and hooks."""

import json
import socket
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from app.monitor.monitor import Monitor
from app.runtime import Runtime
from app.server.hooks import hooks, on_starting, post_worker_init, worker_exit
from app.server.options import bind_address, gunicorn_options
from app.web.current import part_of
from config.loading import load_settings


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


def test_workers_and_threads_are_the_settings():
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


def test_gunicorn_knows_every_option_by_its_name():
    config = Config()
    for name, value in gunicorn_options(load_settings()).items():
        config.set(name, value)
    assert config.address == [("127.0.0.1", 8000)]


def test_a_taken_port_is_told_as_the_contracts_json(taken, capsys):
    with pytest.raises(SystemExit):
        on_starting(SimpleNamespace(master_pid=0, address=[taken]))
    body = json.loads(capsys.readouterr().err)
    assert (body["status"], body["service"]) == ("unhealthy", "claude-proxy")
    assert body["details"]["port"] == taken[1]


def test_the_second_address_is_looked_at_too(taken, capsys):
    free = ("127.0.0.1", 0)
    with pytest.raises(SystemExit):
        on_starting(SimpleNamespace(master_pid=0, address=[free, taken]))
    assert f'"port": {taken[1]}' in capsys.readouterr().err


@pytest.fixture
def worker(app, taken, monkeypatch):
    monkeypatch.setattr(part_of(app, Monitor), "ensure_running", lambda: None)
    listener = SimpleNamespace(getsockname=lambda: taken)
    return SimpleNamespace(wsgi=app, ppid=4711, sockets=[listener])


def test_a_worker_learns_where_it_really_listens(worker, taken):
    post_worker_init(worker)
    serving = part_of(worker.wsgi, Runtime)
    assert (serving.host, serving.port, serving.server_pid) == (*taken, 4711)


def test_at_a_unix_socket_the_address_stays_the_settings(worker):
    worker.sockets = [SimpleNamespace(getsockname=lambda: "/run/proxy.sock")]
    post_worker_init(worker)
    assert part_of(worker.wsgi, Runtime).port == 8000


def test_a_worker_checks_before_anybody_asks(worker, monkeypatch):
    started = []
    monitor = part_of(worker.wsgi, Monitor)
    monkeypatch.setattr(monitor, "ensure_running", lambda: started.append(True))
    post_worker_init(worker)
    assert started == [True]


@pytest.fixture
def stays(monkeypatch):
    """Keep the process: the hook ends its worker's some seconds later."""
    monkeypatch.setattr("app.server.hooks.exit_in_time", lambda: None)


def test_a_worker_that_ends_stops_checking(worker, stays, monkeypatch):
    stopped = []
    monitor = part_of(worker.wsgi, Monitor)
    monkeypatch.setattr(monitor, "stop", lambda: stopped.append(True))
    worker_exit(None, worker)
    assert stopped == [True]


def test_a_worker_that_failed_to_boot_ends_without_a_traceback(stays):
    worker_exit(None, SimpleNamespace(alive=False))


def test_what_a_worker_had_no_time_to_remove_the_master_removes():
    settings = load_settings()
    left = settings.state_dir / "claude-pool-dead" / "claude-x"
    left.mkdir(parents=True)
    hooks(settings)["child_exit"](None, SimpleNamespace(slot=0))
    assert not left.parent.exists()
