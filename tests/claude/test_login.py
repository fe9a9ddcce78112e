"""What the CLI's own files say of the login, however broken they are."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.claude.login import Method, read_login, read_user, why_not_renewed

FUTURE = 4_102_444_800_000  # 2100-01-01 in milliseconds


def write(home: Path, content: str | bytes) -> Path:
    file = home / ".claude/.credentials.json"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def credentials(**fields: Any) -> str:
    login = {"accessToken": "sk-x", "refreshToken": "y", "expiresAt": FUTURE, **fields}
    return json.dumps({"claudeAiOauth": login})


def test_no_file_and_no_variable_is_no_login(environment):
    assert read_login({}).method is None


def test_a_claude_ai_login_has_its_expiry(environment):
    write(environment, credentials())
    login = read_login({})
    assert login.method == Method.CLAUDE_AI
    assert login.expires == datetime(2100, 1, 1, tzinfo=UTC)
    assert login.renewable


def test_without_a_refresh_token_it_is_not_renewable(environment):
    write(environment, credentials(refreshToken=""))
    assert not read_login({}).renewable


def test_the_refresh_tokens_own_end_is_read(environment):
    write(environment, credentials(refreshTokenExpiresAt=FUTURE))
    assert read_login({}).ends == datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json sk-ant-secret",
        "[]",
        "null",
        '{"claudeAiOauth": null}',
        credentials(accessToken=""),
        credentials(expiresAt="tomorrow"),
        credentials(expiresAt=-5),
        credentials(expiresAt=0),
        credentials(expiresAt=True),
        credentials(expiresAt=10**30),
        credentials().replace(str(FUTURE), "1e400"),
        credentials().replace(str(FUTURE), "NaN"),
        credentials().replace(str(FUTURE), "9" * 5000),
        "[" * 100_000,
        b"\xff\xfe\x00",
        credentials() + " " * (10 << 20),
    ],
)
def test_a_damaged_file_says_so_and_nothing_of_its_content(environment, content):
    write(environment, content)
    login = read_login({})
    assert login.damaged
    assert "secret" not in login.damaged
    assert login.has_file


def test_a_folder_is_damaged(environment):
    (environment / ".claude/.credentials.json").mkdir(parents=True)
    assert read_login({}).damaged


def test_a_named_pipe_is_damaged_and_nobody_waits(environment):
    (environment / ".claude").mkdir()
    os.mkfifo(environment / ".claude/.credentials.json")
    assert read_login({}).damaged == "it is not a file"


def test_an_unreadable_file_is_damaged(environment, monkeypatch):
    write(environment, credentials())

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert read_login({}).damaged == "Permission denied"


def test_no_token_value_survives_the_reading(environment):
    write(environment, credentials(accessToken="sk-ant-planted"))
    assert "sk-ant-planted" not in repr(read_login({}))


@pytest.mark.parametrize(
    ("variables", "method"),
    [
        ({"CLAUDE_CODE_USE_BEDROCK": "1", "ANTHROPIC_API_KEY": "k"}, "third_party"),
        ({"CLAUDE_CODE_USE_VERTEX": "true"}, "third_party"),
        ({"CLAUDE_CODE_USE_FOUNDRY": "0"}, "claude.ai"),
        ({"ANTHROPIC_AUTH_TOKEN": "t", "ANTHROPIC_API_KEY": "k"}, "oauth_token"),
        ({"ANTHROPIC_API_KEY": "k", "CLAUDE_CODE_OAUTH_TOKEN": "t"}, "api_key"),
        ({"CLAUDE_CODE_OAUTH_TOKEN": "t"}, "oauth_token"),
    ],
)
def test_variables_outrank_the_file_as_in_the_cli(environment, variables, method):
    write(environment, credentials())
    assert read_login(variables).method == method


def test_a_key_helper_in_the_settings_is_a_method(environment):
    write(environment, credentials())
    settings = environment / ".claude/settings.json"
    settings.write_text('{"apiKeyHelper": "/bin/key"}')
    assert read_login({}).method == Method.API_KEY_HELPER
    settings.write_text("broken")
    assert read_login({}).method == Method.CLAUDE_AI


def test_the_config_folder_can_be_moved(tmp_path, environment):
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved/.credentials.json").write_text(credentials())
    moved = {"CLAUDE_CONFIG_DIR": str(tmp_path / "moved")}
    assert read_login(moved).method == Method.CLAUDE_AI


def test_the_identity_changes_with_either_file(environment):
    file = write(environment, credentials())
    before = read_login({}).identity
    file.write_text(credentials(expiresAt=FUTURE + 1))
    between = read_login({}).identity
    (file.parent / "settings.json").write_text("{}")
    assert len({before, between, read_login({}).identity}) == 3


def test_the_user_is_the_accounts_address(environment):
    account = environment / ".claude.json"
    account.write_text('{"oauthAccount": {"emailAddress": "user@example.com"}}')
    assert read_user({}) == "user@example.com"


@pytest.mark.parametrize("content", ["broken", "{}", '{"oauthAccount": [1]}'])
def test_a_user_that_cannot_be_read_is_none(environment, content):
    (environment / ".claude.json").write_text(content)
    assert read_user({}) is None


def test_a_mount_is_known_behind_a_link_and_with_a_blank(tmp_path, monkeypatch):
    real, link = tmp_path / "a b", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    mounts, place = tmp_path / "mountinfo", f"{real}/.credentials.json"
    mounts.write_text(f"2 1 8:1 / {place.replace(' ', chr(92) + '040')} rw - ext4 x rw")
    monkeypatch.setattr("app.claude.login.MOUNTS", mounts)
    reason = why_not_renewed({"CLAUDE_CONFIG_DIR": str(link)})
    assert reason
    assert "is a mount of its own" in reason
