"""What the doctor says of the login, its end, and its files."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from app.commands.doctor.finding import Level
from app.commands.doctor.login import examine_login
from tests.support.messages_api import write_login

OURS = {"code": None, "method": "claude.ai"}


def in_(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("login", "level"),
    [
        ({"expires": in_(hours=8), "renewable": True}, "ok"),
        ({"expires": in_(hours=-8), "renewable": True}, "ok"),
        ({"expires": in_(days=30), "renewable": False}, "ok"),
        ({"expires": in_(hours=8), "renewable": False}, "warn"),
        ({"expires": in_(hours=-8), "renewable": False}, "bad"),
        (
            {"expires": in_(hours=8), "renewable": True, "login_ends": in_(days=5)},
            "warn",
        ),
        ({"expires": in_(hours=8), "renewable": True, "login_ends": in_(days=9)}, "ok"),
        ({"expires": None, "renewable": True, "login_ends": in_(days=-1)}, "bad"),
    ],
)
def test_the_end_is_told_before_it_comes(found, login, level):
    said = found(examine_login, authentication=OURS | login)["login_expiry"]
    assert said.level == level
    assert bool(said.remedy) is (level != "ok")


def test_a_login_without_an_end_has_none_to_tell(found):
    said = found(examine_login, authentication={"code": None, "method": "api_key"})
    assert "login_expiry" not in said


def test_a_login_that_cannot_be_used_is_the_check_s_word(doctor, fake_claude):
    fake_claude.set(mode="logged_out")
    report = doctor()
    assert report.bad == ["login"]
    assert "not_authenticated" in report.findings["login"]["seen"]
    assert "claude-proxy login" in report.findings["login"]["remedy"]


def test_a_key_that_outranks_the_login_in_the_file_is_told(
    found, environment, monkeypatch
):
    write_login(environment)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-made-up")
    said = found(examine_login, authentication={"code": None, "method": "api_key"})
    assert said["login"].level is Level.WARN
    assert "outranks" in said["login"].remedy


@pytest.mark.parametrize(("mode", "level"), [(0o600, "ok"), (0o644, "warn")])
def test_a_login_that_others_can_read_is_told(found, environment, mode, level):
    write_login(environment)
    file = environment / ".claude/.credentials.json"
    file.chmod(mode)
    said = found(examine_login, authentication=OURS)["file_modes"]
    assert said.level == level
    assert f"{mode:04o}" in said.seen


def test_a_login_of_another_user_is_bad(found, environment, monkeypatch):
    write_login(environment)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    said = found(examine_login, authentication=OURS)["file_modes"]
    assert said.level is Level.BAD
    assert "chown" in said.remedy


def test_the_proxys_own_key_is_looked_at_too(found, tmp_path):
    (tmp_path / "state").mkdir(mode=0o700)
    key = tmp_path / "state/key"
    key.write_text("k3y")
    key.chmod(0o640)
    said = found(examine_login, authentication=OURS)["file_modes"]
    assert said.seen == f"{key}: mode 0640"


def test_a_file_of_keys_is_read_as_the_start_reads_it(found, monkeypatch, tmp_path):
    monkeypatch.setenv("PROXY_API_KEYS_FILE", str(tmp_path / "keys"))
    said = found(examine_login, authentication=OURS)["keys_file"]
    assert said.level is Level.BAD
    assert "No such file" in said.seen


@pytest.mark.parametrize(
    ("line", "level"),
    [("alice Zb3kYh5mQ0c1tq9VvJ8wPz2d", Level.OK), ("alice short", Level.BAD)],
)
def test_its_lines_are_too(found, monkeypatch, tmp_path, line, level):
    keys = tmp_path / "keys"
    keys.write_text(f"{line}\n")
    keys.chmod(0o600)
    monkeypatch.setenv("PROXY_API_KEYS_FILE", str(keys))
    said = found(examine_login, authentication=OURS)["keys_file"]
    assert said.level is level
    assert "Zb3k" not in said.seen
    assert "short" not in said.seen


def test_what_keeps_a_login_from_being_renewed_is_told(found, monkeypatch):
    monkeypatch.setattr(
        "app.commands.doctor.login.why_not_renewed", lambda _: "no room"
    )
    said = found(examine_login, authentication=OURS)["login_renewal"]
    assert (said.level, said.seen) == (Level.WARN, "no room")
    monkeypatch.setattr("app.commands.doctor.login.why_not_renewed", lambda _: None)
    assert "login_renewal" not in found(examine_login, authentication=OURS)
