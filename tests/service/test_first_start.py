"""What the first start gives a newcomer, in real processes of both ways to start."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.processes import BIN
from tests.support.waiting import wait_until

WAYS = {"serve": [], "gunicorn": [str(BIN / "gunicorn"), "wsgi:app"]}
PROXIED = {"X-Forwarded-For": "192.0.2.7"}  # not a direct caller: only a key helps


def key_of(folder: str) -> str:
    return Path(folder, "key").read_text().strip()


def sees_the_path(service, key: str) -> bool:
    headers = PROXIED | {"x-api-key": key}
    body = service.get("/health/detailed", headers=headers).json()
    return "path" in body["components"]["claude_cli"]


@pytest.fixture
def state_dir() -> str:
    return os.environ["STATE_DIR"]


@pytest.mark.parametrize("way", WAYS)
def test_the_first_start_makes_the_key_of_every_worker(
    serve, fake_claude, state_dir, way
):
    service = serve(*WAYS[way], WORKERS="2")
    service.becomes(None)
    seen = {sees_the_path(service, key_of(state_dir)) for _ in range(20)}
    assert (seen, sees_the_path(service, "wrong")) == ({True}, False)


def test_a_hup_reads_the_key_again(serve, fake_claude, state_dir):
    service = serve()
    service.becomes(None)
    before = service.workers()
    Path(state_dir, "key").write_text("another-key\n")
    service.process.send_signal(signal.SIGHUP)
    wait_until(lambda: service.workers() and set(service.workers()).isdisjoint(before))
    assert wait_until(lambda: sees_the_path(service, "another-key"))


def test_a_made_key_closes_nothing_to_a_direct_caller(serve, fake_claude):
    service = serve()
    body = service.becomes(None, "/health/detailed").json()
    assert body["components"]["claude_cli"]["path"] == str(fake_claude.path)


def test_the_exports_open_the_details(serve, fake_claude, monkeypatch):
    service = serve()
    service.becomes(None)
    port = service.url.rpartition(":")[2]
    ask = (
        f'eval "$(PORT={port} {sys.executable} -m app env)";'
        ' curl -s -H "X-Forwarded-For: 192.0.2.7" -H "Authorization: Bearer'
        ' $ANTHROPIC_AUTH_TOKEN" "$ANTHROPIC_BASE_URL/health/detailed"'
    )
    said = subprocess.check_output(["sh", "-c", ask], text=True)
    assert str(fake_claude.path) in said


@pytest.mark.parametrize("way", WAYS)
def test_a_proxy_is_not_started_as_its_own_upstream(serve, fake_claude, way):
    port = str(free_port())
    own = {"ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}", "PORT": port}
    service = serve(*WAYS[way], **own)
    assert service.process.wait(30) == 2
    assert "ANTHROPIC_BASE_URL: It points at this proxy itself" in service.log
    assert fake_claude.calls == []
