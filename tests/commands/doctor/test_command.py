"""``claude-proxy doctor`` as a whole: its lines, its exit codes, its order."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.commands import main
from app.commands.doctor import command, examination
from app.commands.doctor.finding import Name, bad, ok, unknown, warn
from tests.support.messages_api import write_login
from tests.support.waiting import wait_until

NAMES = [
    *("python", "home", "path", "proxies", "settings"),
    *("claude_cli", "cli_version", "other_clis", "login", "login_expiry"),
    *("file_modes", "state_dir", "state_filesystem", "open_files"),
    *("port", "upstream", "clock"),
]


def run(*words: str):
    return CliRunner().invoke(main.main, ["doctor", *words])


def test_a_healthy_machine_is_well(doctor, fake_claude, environment):
    write_login(environment)
    report = doctor()
    assert list(report.findings) == NAMES
    assert (report.bad, report.exit_code) == ([], 0)


def test_a_sick_machine_is_told_at_once(doctor, fake_claude, environment, monkeypatch):
    write_login(environment, expires_in=-60, refresh_token=False)
    fake_claude.path.unlink()
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    report = doctor()
    assert report.bad == ["claude_cli", "login", "login_expiry", "upstream"]
    assert report.exit_code == 1
    assert all(report.findings[name]["remedy"] for name in report.bad)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([ok(Name.PATH, "")], 0),
        ([ok(Name.PATH, ""), warn(Name.HOME, "", "")], 0),
        ([unknown(Name.PATH, "", "")], 2),
        ([unknown(Name.PATH, "", ""), bad(Name.HOME, "", "")], 1),
    ],
)
def test_the_exit_code_tells_the_worst(monkeypatch, found, code):
    monkeypatch.setattr(command, "_examine", lambda **_: iter(found))
    assert run().exit_code == code


def test_a_line_says_what_was_seen_and_what_to_do(monkeypatch):
    found = [ok(Name.CLOCK, "right"), bad(Name.PORT, "taken", "Change it.")]
    monkeypatch.setattr(command, "_examine", lambda **_: iter(found))
    assert [line.split() for line in run().output.splitlines()] == [
        ["✓", "clock", "right"],
        ["✗", "port", "taken"],
        ["->", "Change", "it."],
    ]


def test_what_others_have_written_moves_no_cursor(monkeypatch):
    found = [bad(Name.PORT, "\x1b[2Jgone\r\n\u202e", "\x9bK")]
    monkeypatch.setattr(command, "_examine", lambda **_: iter(found))
    assert run().output == f"✗ port{' ' * 13}[2Jgone\n{' ' * 19}-> K\n"


def test_a_terminal_without_the_marks_gets_words(fake_claude, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    monkeypatch.setenv("PORT", "no")
    done = subprocess.run(
        [sys.executable, "-m", "app", "doctor"], capture_output=True, timeout=60
    )
    assert done.returncode == 1
    assert b"bad settings" in done.stdout


def test_bad_settings_are_told_and_the_rest_is_looked_at(doctor, monkeypatch):
    monkeypatch.setenv("PORT", "no")
    monkeypatch.setenv("WORKERS", "0")
    report = doctor()
    assert report.exit_code == 1
    assert list(report.findings) == NAMES[:5]
    seen = report.findings["settings"]["seen"]
    assert "PORT: " in seen
    assert "WORKERS: " in seen


def test_an_upstream_that_is_the_proxy_is_told(doctor, fake_claude, monkeypatch, port):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://localhost:{port}")
    assert "points at this proxy itself" in doctor().findings["settings"]["seen"]
    assert fake_claude.calls == []


def test_an_examination_that_raises_keeps_no_other_from_being_told(
    doctor, fake_claude, monkeypatch
):
    def raising(_):
        raise RuntimeError("secret in an exception")

    monkeypatch.setitem(examination._OF_CASE, "storage", raising)
    report = doctor()
    said = report.findings["examination"]
    assert said["seen"] == "storage: it failed (RuntimeError)"
    assert "secret" not in report.text
    assert (report.exit_code, "clock" in report.findings) == (2, True)


def test_an_examination_that_hangs_is_given_up(doctor, fake_claude, monkeypatch):
    monkeypatch.setattr(examination, "_SECONDS", 2.0)
    hangs = {"storage": lambda _: time.sleep(60)}
    monkeypatch.setattr(examination, "_OF_CASE", hangs)
    report = doctor()
    said = report.findings["examination"]
    assert said["seen"] == "storage: no end after 2 s"
    assert report.exit_code == 2


def test_a_cli_that_hangs_is_told_and_ended(doctor, fake_claude, monkeypatch):
    monkeypatch.setenv("HEALTH_CHECK_TIMEOUT_SECONDS", "0.2")
    fake_claude.set(mode="hang")
    report = doctor()
    assert report.findings["claude_cli"]["level"] in ("bad", "unknown")
    for call in fake_claude.calls:
        wait_until(lambda pid=call["pid"]: not Path(f"/proc/{pid}").exists())


def test_a_check_that_says_nothing_is_not_known(doctor, fake_claude, monkeypatch):
    monkeypatch.setattr(examination, "_here", lambda _: None)
    report = doctor()
    assert report.findings["claude_cli"]["level"] == "unknown"
    assert report.findings["login"]["level"] == "unknown"
    assert report.exit_code == 2


def test_a_wrong_option_is_refused():
    assert run("--what").exit_code == 2


def test_the_json_is_clean_at_debug(fake_claude, monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert json.loads(run("--json").stdout)["findings"]
