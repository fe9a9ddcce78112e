"""What the doctor prints is pasted into issues: no secret may be in it."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.commands.client import Answer
from app.commands.doctor import examination
from tests.support.messages_api import write_login

VARIABLES = [
    *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
    *("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GOOGLE_API_KEY"),
    *("ANTHROPIC_CUSTOM_HEADERS", "SOME_PASSWORD"),
]
URLS = [
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "http_proxy"),
    "ANTHROPIC_BASE_URL",
]
SHAPES = [
    *("http://{}@127.0.0.1:1/x", "http://user:{}@127.0.0.1:1", "http://127.0.0.1:1/{}"),
    *("http://127.0.0.1:1?key={}", "http://[{}", "http://127.0.0.1:{}", "//{}@"),
]
NUMBERS = ["PORT", "WORKERS", "POOL_REUSE", "LOG_FORMAT", "DRAIN_SECONDS"]
secrets = st.from_regex(r"sk-[A-Za-z0-9_-]{20,60}", fullmatch=True)
quiet = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def plant(secret: str, home: Path, state: Path) -> None:
    """Put a secret wherever the CLI and the proxy keep one."""
    write_login(home)
    file = home / ".claude/.credentials.json"
    login = json.loads(file.read_text())
    login["claudeAiOauth"] |= {"accessToken": secret, "refreshToken": secret}
    file.write_text(json.dumps(login))
    helper = {"apiKeyHelper": f"echo {secret}", "env": {"ANTHROPIC_API_KEY": secret}}
    (home / ".claude/settings.json").write_text(json.dumps(helper))
    state.mkdir(exist_ok=True, mode=0o700)
    (state / "key").write_text(secret)


@pytest.fixture
def unwell(monkeypatch):
    """Do without the CLI, which takes a second: the tests below are many."""
    body = {"status": "unhealthy", "details": {"code": "cli_failed"}, "components": {}}
    monkeypatch.setattr(examination, "_here", lambda _: Answer(503, body))


@quiet
@given(secret=secrets, shape=st.sampled_from(SHAPES))
def test_no_secret_of_the_environment_shows(
    secret, shape, doctor, unwell, environment, tmp_path
):
    with pytest.MonkeyPatch.context() as patch:
        plant(secret, environment, tmp_path / "state")
        for name in VARIABLES:
            patch.setenv(name, secret)
        for name in URLS:
            patch.setenv(name, shape.format(secret))
        patch.setenv("PROXY_API_KEY", secret)
        assert secret not in doctor().text


@quiet
@given(secret=secrets, name=st.sampled_from(NUMBERS))
def test_no_secret_in_the_wrong_setting_shows(secret, name, doctor, unwell):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, secret)
        report = doctor()
    assert secret not in report.text
    assert report.bad == ["settings"]


@quiet
@given(secret=secrets)
def test_no_secret_of_a_file_shows(secret, doctor, unwell, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"alice {secret}\n{secret} {secret}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROXY_API_KEY_FILE", str(keys))
        patch.setenv("PROXY_API_KEYS_FILE", str(keys))
        assert secret not in doctor().text


def test_no_secret_shows_when_the_cli_fails(doctor, fake_claude, environment, tmp_path):
    plant("planted-secret", environment, tmp_path / "state")
    file = environment / ".claude/.credentials.json"
    file.write_text(file.read_text() + "broken")
    fake_claude.set(mode="crash")  # and it says a secret on stderr
    report = doctor()
    assert "claude_cli" in report.bad
    assert "planted-secret" not in report.text
    assert "sk-ant-secret-on-stderr" not in report.text


def test_no_secret_shows_when_all_is_well(doctor, fake_claude, environment, tmp_path):
    plant("planted-secret", environment, tmp_path / "state")
    report = doctor()
    assert report.findings["settings"]["seen"].count("PROXY_API_KEY=set (file)") == 1
    assert "planted-secret" not in report.text
    assert "demo@example.com" not in report.text
