"""The service as real processes: started, asked, broken and ended."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.claude.test_process import is_alive
from tests.support.processes import BIN, ROOT
from tests.support.waiting import wait_until


def test_it_becomes_healthy_and_ends_with_0(serve, fake_claude):
    service = serve()
    assert service.becomes(None).status_code == 200
    assert service.stop() == 0


def test_plain_gunicorn_serves_the_same(serve, fake_claude):
    service = serve(str(BIN / "gunicorn"), "wsgi:app")
    assert service.becomes(None).json()["service"] == "claude-proxy"


@pytest.mark.parametrize("extra", [{"WORKERS": "2"}, {"THREADS": "1"}])
def test_it_serves_with_other_workers_and_threads(serve, fake_claude, extra):
    assert serve(**extra).becomes(None).status_code == 200


def test_with_preload_the_monitor_runs_in_the_worker(serve, fake_claude):
    service = serve(str(BIN / "gunicorn"), "--preload", "wsgi:app")
    assert service.becomes(None).status_code == 200


def test_it_reports_the_port_really_bound(serve, fake_claude):
    service = serve()
    body = service.becomes(None, "/health/detailed").json()
    port = body["components"]["api_server"]["port"]
    assert service.url.endswith(f":{port}")
    assert body["configuration"]["port"] == 0


def test_a_removed_cli_shows_long_before_the_next_check_and_back(serve, fake_claude):
    service = serve(HEALTH_CHECK_INTERVAL_SECONDS="300")
    service.becomes(None)
    fake_claude.path.unlink()
    wait_until(lambda: service.get().status_code == 503, 10.0)
    fake_claude.install()
    wait_until(lambda: service.get().status_code == 200, 10.0)


@pytest.mark.parametrize(
    "command", [["-m", "app", "serve"], ["-m", "gunicorn", "wsgi:app"]]
)
def test_a_taken_port_is_said_at_once(fake_claude, command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=os.environ | {"PORT": port},
            capture_output=True,
            text=True,
            timeout=4,  # gunicorn by itself tries for five seconds
        )
    assert result.returncode == 1
    assert f'"error": "Port {port} already in use"' in result.stderr
    assert "Booting worker" not in result.stderr


@pytest.mark.parametrize(
    "command", [["-m", "app", "serve"], ["-m", "gunicorn", "wsgi:app"]]
)
def test_bad_settings_are_told_together(command):
    result = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | {"PORT": "no", "WORKERS": "0"},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert result.returncode == 2
    assert "PORT: " in result.stderr
    assert "WORKERS: " in result.stderr
    assert "Traceback" not in result.stderr


def test_a_killed_worker_leaves_no_orphan_and_is_replaced(serve, fake_claude):
    fake_claude.set(mode="hang_hard")
    service = serve()
    call = wait_until(lambda: fake_claude.calls)[0]
    fake_claude.set(mode="ok")
    os.kill(service.workers()[0], signal.SIGKILL)
    wait_until(lambda: not is_alive(call["pid"]) and not is_alive(call["child"]))
    service.becomes(None)


def test_a_stop_leaves_no_orphan(serve, fake_claude):
    fake_claude.set(mode="hang_hard")
    service = serve()
    call = wait_until(lambda: fake_claude.calls)[0]
    assert service.stop() == 0
    wait_until(lambda: not is_alive(call["pid"]) and not is_alive(call["child"]))


def test_a_hup_reads_the_settings_again(serve, fake_claude):
    service = serve()
    service.becomes(None)
    before = service.workers()
    service.process.send_signal(signal.SIGHUP)
    wait_until(lambda: service.workers() and not set(before) & set(service.workers()))
    assert service.becomes(None).status_code == 200
