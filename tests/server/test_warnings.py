"""What the start says once, and serves nevertheless."""

import os
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.server.hooks import hooks
from app.server.key import make_key
from app.server.warnings import start_warnings
from config.loading import load_settings
from tests.support.messages_api import write_login


@pytest.fixture
def login(environment: Path) -> Path:
    write_login(environment)
    return environment / ".claude/.credentials.json"


def said() -> list[str]:
    make_key(load_settings())
    return list(start_warnings(load_settings()))


def test_nothing_is_said_where_nothing_is_wrong(login, fake_claude):
    assert said() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
@pytest.mark.parametrize(
    ("mounted", "options", "reason"),
    [
        (".claude", "ro,bind", "is read-only"),
        (".claude/.credentials.json", "bind", "is a mount of its own"),
    ],
)
def test_a_mount_that_stops_the_renewal_is_told(
    login, fake_claude, environment, mounted, options, reason
):
    place = environment / mounted
    subprocess.run(["mount", "--bind", place, place], check=True)
    try:
        if "ro" in options:
            again = ["mount", "-o", f"remount,{options}", place]
            subprocess.run(again, check=True)
        (warning,) = said()
    finally:
        subprocess.run(["umount", place], check=True)
    assert f"will not stay renewed, since {place} {reason}" in warning
    assert "Keep it in a volume" in warning


def test_a_folder_of_another_user_is_told(login, fake_claude, monkeypatch):
    make_key(load_settings())
    settings = load_settings()
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert f"uid {os.geteuid()} may not write to" in next(start_warnings(settings))


def test_a_key_needs_no_file_that_can_be_written(login, fake_claude, monkeypatch):
    make_key(load_settings())
    settings = load_settings()
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-made-up")
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert not [each for each in start_warnings(settings) if "renewed" in each]


def test_a_cli_of_another_libc_is_told(login, fake_claude, monkeypatch):
    shutil.copy(os.path.realpath("/bin/cat"), fake_claude.path)
    content = fake_claude.path.read_bytes()
    fake_claude.path.write_bytes(content.replace(b"/ld-linux", b"/ld-other"))
    assert "made for another libc" in said()[0]


def test_a_full_disk_is_told(login, fake_claude, monkeypatch):
    full = SimpleNamespace(f_bavail=0, f_flag=0)
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    (warning,) = start_warnings(load_settings())
    assert "there is no room. Free some, and start again" in warning


def test_the_log_has_what_is_wrong(login, fake_claude, monkeypatch):
    logged: list[str] = []
    monkeypatch.setattr("app.server.hooks._LOG.warning", logged.append)
    monkeypatch.setattr("app.server.hooks.drain_on_term", lambda *_: None)
    hooks(load_settings())["when_ready"](SimpleNamespace())
    assert logged == list(start_warnings(load_settings())) != []


def test_what_cannot_be_looked_at_ends_no_start(monkeypatch):
    def homeless(_):
        raise RuntimeError("Could not determine home directory.")

    started: list[object] = []
    monkeypatch.setattr("app.server.hooks.drain_on_term", lambda *_: None)
    monkeypatch.setattr("app.server.hooks.start_warnings", homeless)
    monkeypatch.setattr("app.server.hooks.Notifier.start", lambda *_: started.append(1))
    hooks(load_settings())["when_ready"](SimpleNamespace())
    assert started
