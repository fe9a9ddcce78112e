"""The units: by systemd's own judgement, and under a real systemd with the real CLI."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from config.loading import load_settings
from tests.messages.test_request import LEAST
from tests.support.machine import PYTHON, Machine
from tests.support.ports import free_port
from tests.support.processes import ROOT
from tests.support.upstream import Upstream
from tests.support.waiting import wait_until

FOLDER = ROOT / "deploy/systemd"
SYSTEM, USER = FOLDER / "claude-proxy.service", FOLDER / "user/claude-proxy.service"
MANAGERS = {SYSTEM: [], USER: ["--user"]}
NEEDED = ("systemd-nspawn", PYTHON)
rooted = pytest.mark.skipif(
    os.geteuid() != 0
    or not all(shutil.which(each) for each in NEEDED)
    or not Path("/sys/fs/cgroup").is_mount(),
    reason=f"a systemd of its own needs root, cgroups and {' and '.join(NEEDED)}",
)


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *map(str, words)]
    runtime = {"XDG_RUNTIME_DIR": os.environ["HOME"]}
    return subprocess.run(
        command, capture_output=True, text=True, env=os.environ | runtime, timeout=60
    )


@pytest.mark.parametrize("unit", MANAGERS, ids=["system", "user"])
def test_systemd_finds_nothing_wrong(unit, tmp_path):
    # Not installed on this machine: the path of the command is what it would miss.
    text = re.sub(
        "ExecStart=.*/claude-proxy", f"ExecStart={sys.executable}", unit.read_text()
    )
    (tmp_path / unit.name).write_text(text)
    done = analyze(*MANAGERS[unit], "verify", tmp_path / unit.name)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_system_unit_is_hardened():
    done = analyze("security", "--offline=true", "--threshold=30", SYSTEM)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", MANAGERS, ids=["system", "user"])
def test_a_stop_has_time_to_drain(unit):
    settings = load_settings()
    found = re.search(r"^TimeoutStopSec=(\d+)$", unit.read_text(), re.MULTILINE)
    assert int(found.group(1)) > settings.drain_seconds + settings.graceful_timeout + 5


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def machine(tmp_path_factory, real_claude, upstream) -> Iterator[Machine]:
    """Boot a machine, and install the service as the README says."""
    machine = Machine(tmp_path_factory.mktemp("machine"), real_claude.resolve())
    machine.port = free_port()
    settings = {
        "PORT": machine.port,
        "DRAIN_SECONDS": 0,
        "CLAUDE_CLI_PATH": "/opt/claude/claude",
        "ANTHROPIC_BASE_URL": upstream.url,
        "ANTHROPIC_API_KEY": "sk-ant-made-up",
    }
    lines = [f"{name}={value}\n" for name, value in settings.items()]
    (machine.root / "etc/claude-proxy/env").write_text("".join(lines))
    try:
        machine.wait()
        text = (FOLDER / "README.md").read_text()
        for command in re.findall("^# (.* .*)$", text, re.MULTILINE):
            machine.run(command)
        yield machine
    finally:
        machine.stop()


@pytest.fixture
def service(machine: Machine) -> Iterator[Machine]:
    """Return the machine with the service as installed, and running."""
    machine.run("systemctl restart claude-proxy")
    log = machine.run("journalctl -b -n 30 -u claude-proxy")
    assert shown(machine, "ActiveState") == "active", log
    yield machine
    shutil.rmtree(machine.root / "etc/systemd/system/claude-proxy.service.d", True)
    machine.run("systemctl daemon-reload; systemctl reset-failed claude-proxy")


def shown(machine: Machine, what: str) -> str:
    return machine.run(f"systemctl show --value -p {what} claude-proxy")


def edit(machine: Machine, *lines: str) -> None:
    """Do what ``systemctl edit`` does."""
    folder = machine.root / "etc/systemd/system/claude-proxy.service.d"
    folder.mkdir(exist_ok=True)
    (folder / "override.conf").write_text("\n".join(["[Service]", *lines, ""]))
    machine.run("systemctl daemon-reload; systemctl restart claude-proxy")


def ask(machine: Machine, method: str, path: str, **more: Any) -> requests.Response:
    """Ask the service, with the key that its credential holds."""
    key = (machine.root / "etc/claude-proxy/key").read_text().strip()
    url, headers = f"http://127.0.0.1:{machine.port}{path}", {"x-api-key": key}
    return requests.request(method, url, headers=headers, timeout=60, **more)


@rooted
def test_the_real_cli_answers_under_the_hardening(service):
    answer = ask(service, "post", "/v1/messages", json=LEAST)
    assert answer.json()["content"][0]["text"] == "Hello."


@rooted
def test_it_is_active_once_there_is_a_verdict(service):
    assert shown(service, "StatusText") == "healthy"
    assert shown(service, "NRestarts") == "0"


HOMEBREW = ["ProtectHome=tmpfs", "BindReadOnlyPaths=/home/linuxbrew/.linuxbrew"]


@rooted
@pytest.mark.parametrize(
    ("folder", "lines"),
    [
        ("/var/lib/claude-proxy/.local/bin", []),
        ("/home/linuxbrew/.linuxbrew/bin", HOMEBREW),
    ],
)
def test_a_cli_is_found_where_an_installer_put_it(service, folder, lines):
    cli = f"{folder}/claude"
    service.run(f"mkdir -p {folder}; ln -s /opt/claude/claude {cli}")
    edit(service, "UnsetEnvironment=CLAUDE_CLI_PATH", *lines)
    found = ask(service, "get", "/health/detailed").json()["components"]["claude_cli"]
    service.run(f"rm {cli}")
    assert (found["status"], found["path"]) == ("healthy", cli)


@rooted
def test_who_no_longer_answers_is_started_again(service):
    edit(service, "WatchdogSec=4", "RestartSec=0")
    before = shown(service, "MainPID")
    service.run(f"kill -STOP $(cat /proc/{before}/task/{before}/children)")
    wait_until(lambda: shown(service, "NRestarts") == "1", 30)
    wait_until(lambda: shown(service, "ActiveState") == "active", 30)
    assert shown(service, "MainPID") != before
    assert "Watchdog timeout" in service.run("journalctl -b -u claude-proxy -n 100")


@rooted
def test_bad_settings_are_said_once(service):
    edit(service, "Environment=THREADS=none", "RestartSec=0")
    assert shown(service, "ActiveState") == "failed"
    assert shown(service, "NRestarts") == "0"
    assert "THREADS: " in service.run("journalctl -b -u claude-proxy -n 10")


@rooted
def test_a_missing_key_is_named(service):
    key = service.root / "etc/claude-proxy/key"
    key.rename(key.with_name("away"))
    service.run("systemctl restart claude-proxy")
    said = service.run("systemctl status claude-proxy")
    key.with_name("away").rename(key)
    assert "AssertPathExists=/etc/claude-proxy/key was not met" in said


@rooted
def test_a_stop_is_no_failure(service):
    service.run("systemctl stop claude-proxy")
    assert shown(service, "Result") == "success"
    assert shown(service, "ExecMainStatus") == "0"
