"""What makes warm processes be replaced, and what does not."""

import json
from pathlib import Path

import pytest

from app.claude.environment import child_environment
from app.claude.policy import policy_identity
from app.pool.watch import Watch
from tests.support.messages_api import write_login


@pytest.fixture
def watch(environment, fake_claude, monkeypatch) -> Watch:
    write_login(environment)
    monkeypatch.setattr("app.pool.watch._ACCOUNT_EVERY", 0.0)
    watch = Watch(lambda: fake_claude.path, child_environment)
    assert not watch.has_changed()
    return watch


def test_what_stays_is_no_change(watch):
    assert not watch.has_changed()


def test_another_binary_is_one_and_is_told_once(watch, fake_claude):
    fake_claude.install()
    assert watch.has_changed()
    assert not watch.has_changed()


def test_a_renewed_token_of_the_same_account_is_none(watch, environment):
    write_login(environment, expires_in=9 * 3600)
    assert not watch.has_changed()


def test_another_account_is_one(watch, environment):
    write_login(environment, account="another-account")
    assert watch.has_changed()


def test_a_logout_is_one(watch, environment):
    (environment / ".claude/.credentials.json").unlink()
    assert watch.has_changed()


def test_an_account_that_cannot_be_read_just_now_is_none(watch, environment):
    (environment / ".claude.json").write_text('{"oauthAccount": {')
    assert not watch.has_changed()


def test_other_notes_of_the_cli_are_none(watch, environment):
    file = environment / ".claude.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"numStartups": 7}))
    assert not watch.has_changed()


def test_settings_are_one(watch, environment):
    (environment / ".claude/settings.json").write_text('{"apiKeyHelper": "true"}')
    assert watch.has_changed()


def test_the_managed_policy_is_one(watch, monkeypatch, tmp_path: Path):
    monkeypatch.setattr(
        "app.pool.watch.policy_identity", lambda: policy_identity(tmp_path / "policy")
    )
    assert not watch.has_changed()
    parts = tmp_path / "policy" / "managed-settings.d"
    parts.mkdir(parents=True)
    for file in (parts.parent / "managed-settings.json", parts / "10-more.json"):
        file.write_text("{}")
        assert watch.has_changed()
