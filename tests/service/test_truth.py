"""No answer of a running service is wrong for longer than its user may be misled."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.messages.test_request import LEAST
from tests.support.builders import FakeClaude
from tests.support.messages_api import write_login
from tests.support.processes import Service, leader
from tests.support.waiting import wait_until

QUICK = {"HEALTH_CHECK_INTERVAL_SECONDS": "0.4", "HEALTH_CHECK_TIMEOUT_SECONDS": "0.3"}


def codes_over(service: Service, seconds: float) -> set[str | None]:
    """Return every code that is reported in these seconds; None is healthy."""
    until, found = time.monotonic() + seconds, set()
    while time.monotonic() < until:
        found.add(service.get().json().get("details", {}).get("code"))
        time.sleep(0.02)
    return found


def seconds_until(service: Service, code: str | None) -> float:
    began = time.monotonic()
    service.becomes(code)
    return time.monotonic() - began


@contextmanager
def repeated(step, pause: float) -> Iterator[None]:
    """Do a step again and again in the background."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(pause):
            step()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    ended.set()
    thread.join()


gone = pytest.mark.parametrize(
    ("break_it", "code"),
    [(Path.unlink, "cli_not_found"), (lambda p: p.chmod(0o644), "cli_not_executable")],
    ids=["removed", "not executable"],
)


@gone
def test_a_request_is_told_what_health_says(serve, fake_claude, break_it, code):
    service = serve(**QUICK)
    break_it(fake_claude.path)
    service.becomes(code)
    answer = requests.post(f"{service.url}/v1/messages", json=LEAST, timeout=20)
    assert answer.status_code == 503
    assert answer.json()["error"]["message"].startswith(f"{code}: ")


@gone
def test_a_cli_that_has_gone_stays_what_is_said(serve, fake_claude, break_it, code):
    service = serve(**QUICK)
    service.becomes(None)
    break_it(fake_claude.path)
    service.becomes(code)
    assert codes_over(service, 4) == {code}


def test_the_same_cli_back_shows_within_two_seconds(serve, fake_claude, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(fake_claude.path)
    service = serve(CLAUDE_CLI_PATH=str(link))
    service.becomes(None)
    link.unlink()
    service.becomes("cli_not_found")
    link.symlink_to(fake_claude.path)
    assert seconds_until(service, None) < 4


def check_local() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", "check", "--local"]
    return subprocess.run(command, env=os.environ, capture_output=True, text=True)


def test_a_check_here_says_what_is_here(serve, fake_claude):
    service = serve()
    service.becomes(None)
    service.stop()
    fake_claude.path.unlink()
    assert check_local().returncode == 1
    fake_claude.install()
    assert check_local().returncode == 0


def test_a_check_here_changes_nothing_for_a_server(serve, fake_claude, monkeypatch):
    service = serve()
    service.becomes(None)
    fake_claude.set(mode="logged_out")
    assert check_local().returncode == 1
    assert codes_over(service, 1) == {None}


def test_one_lost_child_is_not_an_outage(serve, fake_claude):
    service = serve(**QUICK)
    service.becomes(None)
    fake_claude.set(mode="killed", times=1)
    asked = len(fake_claude.calls)
    assert codes_over(service, 2) == {None}
    assert len(fake_claude.calls) > asked


def test_a_login_that_changes_ends_the_question_that_hangs_on_it(
    serve, fake_claude, environment
):
    login = environment / ".claude/.credentials.json"
    login.parent.mkdir()
    os.mkfifo(login)
    fake_claude.set(mode="auth_hang")
    service = serve(HEALTH_CHECK_TIMEOUT_SECONDS="60")
    wait_until(lambda: len(fake_claude.calls) == 2)
    fake_claude.set(mode="ok")
    login.unlink()
    write_login(environment)
    assert seconds_until(service, None) < 8


def test_a_frozen_leader_keeps_nobody_from_the_truth(serve, fake_claude, tmp_path):
    service = serve(WORKERS="2")
    service.becomes(None)
    frozen = leader(tmp_path / "state")
    os.kill(frozen, signal.SIGSTOP)
    try:
        fake_claude.path.unlink()
        began = time.monotonic()
        wait_until(lambda: says(service, "cli_not_found"))
        assert time.monotonic() - began < 7
    finally:
        os.kill(frozen, signal.SIGCONT)


def says(service: Service, code: str) -> bool:
    """Tell whether a worker that answers says so; a frozen one answers nobody."""
    try:
        answer = requests.get(service.url + "/health", timeout=0.3)
    except requests.RequestException:
        return False
    return answer.json().get("details", {}).get("code") == code


def test_a_cli_that_answers_late_but_rightly_does_not_flap(serve, fake_claude):
    fake_claude.set(mode="slow", seconds=2.7)
    service = serve(**QUICK | {"HEALTH_CHECK_TIMEOUT_SECONDS": "1.2"})
    service.becomes(None)
    asked = len(fake_claude.calls)
    assert codes_over(service, 6) == {None}
    assert len(fake_claude.calls) > asked


@pytest.mark.parametrize("way", ["in place", "made again"])
def test_a_login_file_that_is_rewritten_all_the_time_is_no_outage(
    serve, fake_claude, environment, way
):
    write_login(environment)
    login = environment / ".claude/.credentials.json"
    content = login.read_text()

    def rewrite() -> None:
        if way == "made again":
            login.unlink()
            time.sleep(0.03)
        with login.open("w") as file:
            time.sleep(0.03)
            file.write(content)

    service = serve(**QUICK)
    service.becomes(None)
    with repeated(rewrite, 0.05):
        assert codes_over(service, 6) == {None}
    login.unlink()
    assert seconds_until(service, "not_authenticated") < 4


def test_a_torn_login_file_shows(serve, fake_claude: FakeClaude, environment):
    write_login(environment)
    service = serve()
    service.becomes(None)
    login = environment / ".claude/.credentials.json"
    login.write_text(json.dumps({})[:1])
    assert seconds_until(service, "not_authenticated") < 4
