"""What the doctor says of the CLI that is used, and of others."""

import pytest

from app.commands.doctor.cli import examine_cli
from app.commands.doctor.finding import Level
from tests.support.builders import FakeClaude


@pytest.fixture
def typed(tmp_path, monkeypatch) -> FakeClaude:
    """Put a ``claude`` on PATH."""
    other = FakeClaude(tmp_path / "other")
    monkeypatch.setenv("PATH", f"{other.path.parent}:/usr/bin:/bin")
    return other


def test_the_check_here_is_what_is_said(doctor, fake_claude):
    fake_claude.path.unlink()
    found = doctor().findings["claude_cli"]
    assert found["seen"].startswith("Claude CLI not found in PATH (cli_not_found): ")
    assert str(fake_claude.path) in found["seen"]
    assert found["remedy"].startswith("CLAUDE_CLI_PATH names the only place")


def test_a_check_that_is_not_over_decides_nothing(found):
    said = found(examine_cli, claude_cli={"code": "starting", "remedy": "Wait."})
    assert said["claude_cli"].level is Level.UNKNOWN


@pytest.mark.parametrize(
    ("version", "level"),
    [("2.1.330", "ok"), ("2.2.0", "ok"), ("2.1.329", "bad")],
)
def test_the_version_is_held_against_the_least(found, version, level):
    said = found(examine_cli, claude_cli={"code": None, "version": version})
    assert said["cli_version"].level == level
    assert "2.1.330 at least" in said["cli_version"].seen


def test_an_old_cli_is_bad_in_a_whole_run(doctor, fake_claude):
    fake_claude.set(version="2.1.200")
    assert doctor().bad == ["claude_cli", "cli_version"]


def test_another_claude_that_a_terminal_starts_is_a_warning(found, fake_claude, typed):
    cli = {"code": None, "path": str(fake_claude.path)}
    said = found(examine_cli, claude_cli=cli)["other_clis"]
    assert said.level is Level.WARN
    assert str(typed.path) in said.seen
    assert str(typed.path) in said.remedy


def test_one_that_a_terminal_does_not_start_is_only_told(found, typed, environment):
    (environment / ".local").mkdir()
    hidden = FakeClaude(environment / ".local/bin")
    said = found(examine_cli, claude_cli={"code": None, "path": str(typed.path)})
    assert said["other_clis"].level is Level.OK
    assert str(hidden.path) in said["other_clis"].seen


def test_a_link_to_the_one_in_use_is_no_other(found, typed, environment):
    link = environment / ".local/bin/claude"
    link.parent.mkdir(parents=True)
    link.symlink_to(typed.path)
    said = found(examine_cli, claude_cli={"code": None, "path": str(typed.path)})
    assert str(link) not in said["other_clis"].seen
