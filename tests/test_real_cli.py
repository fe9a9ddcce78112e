"""The real CLI in a throw-away HOME, with made-up logins and no way out."""

import json
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.claude.environment import child_environment, probe_environment
from app.contract.codes import Code
from app.monitor.monitor import Monitor
from app.monitor.report import Report
from app.runtime import Runtime
from config.loading import load_settings
from tests.support.messages_api import WORDS, MessagesApi, write_login


@pytest.fixture(autouse=True)
def real(real_claude: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use the real CLI."""
    monkeypatch.setenv("CLAUDE_CLI_PATH", str(real_claude))
    return real_claude


def login_of(report: Report) -> Mapping[str, object]:
    return report.components["authentication"].described


def check() -> Report:
    return Monitor(load_settings(), Runtime("::1", 1)).check()


def test_its_version_and_path_are_reported(real):
    cli = check().components["claude_cli"]
    assert cli.code is None
    assert cli.described["path"] == str(real)
    assert cli.described["version"].count(".") == 2


def test_no_login_is_unauthenticated():
    assert check().code == Code.NOT_AUTHENTICATED


def test_a_claude_ai_login_is_healthy_with_its_user(environment):
    write_login(environment, email="user@example.com")
    report = check()
    assert report.code is None
    assert login_of(report)["method"] == "claude.ai"
    assert login_of(report)["user"] == "user@example.com"
    assert login_of(report)["expires"]


def test_expired_without_a_refresh_token_is_dead(environment):
    write_login(environment, expires_in=-60, refresh_token=False)
    assert check().code == Code.LOGIN_EXPIRED


def test_the_cli_itself_calls_that_logged_in(environment, real):
    write_login(environment, expires_in=-60, refresh_token=False)
    said = subprocess.run(
        [real, "auth", "status"], env=probe_environment(), capture_output=True
    )
    assert json.loads(said.stdout)["loggedIn"] is True


def test_expired_with_a_refresh_token_is_healthy_and_says_so(environment):
    write_login(environment, expires_in=-60)
    report = check()
    assert report.code is None
    assert (
        report.components["authentication"]
        .described["note"]
        .startswith("The access token has expired")
    )


@pytest.mark.parametrize("expires", ['"soon"', "-5", "1e400"])
def test_nonsense_for_an_expiry_is_not_healthy(environment, expires):
    write_login(environment)
    file = environment / ".claude/.credentials.json"
    login = json.loads(file.read_text())
    login["claudeAiOauth"]["expiresAt"] = 0
    text = json.dumps(login).replace('"expiresAt": 0', f'"expiresAt": {expires}')
    file.write_text(text)
    assert check().code == Code.NOT_AUTHENTICATED


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("ANTHROPIC_API_KEY", "api_key"),
        ("ANTHROPIC_AUTH_TOKEN", "oauth_token"),
        ("CLAUDE_CODE_OAUTH_TOKEN", "oauth_token"),
        ("CLAUDE_CODE_USE_BEDROCK", "third_party"),
        ("CLAUDE_CODE_USE_VERTEX", "third_party"),
    ],
)
def test_methods_without_a_login_file(monkeypatch, name, method):
    monkeypatch.setenv(name, "1")
    report = check()
    assert (report.code, login_of(report)["method"]) == (
        None,
        method,
    )


def test_a_key_helper_is_a_method_and_is_not_run(environment):
    (environment / ".claude").mkdir()
    helper = {"apiKeyHelper": f"touch {environment}/ran"}
    (environment / ".claude/settings.json").write_text(json.dumps(helper))
    report = check()
    assert (report.code, login_of(report)["method"]) == (
        None,
        "api_key_helper",
    )
    assert not (environment / "ran").exists()


def connections_of(command: list[str], environment: dict[str, str]) -> int:
    """Count the connections a command makes to a proxy that hangs up at once."""
    count = 0
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.1)
        url = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        asked = {"HTTPS_PROXY": url, "https_proxy": url, "HTTP_PROXY": url}
        with subprocess.Popen(
            command, env={**environment, **asked}, stdout=subprocess.DEVNULL
        ) as child:
            while child.poll() is None:
                try:
                    proxy.accept()[0].close()
                    count += 1
                except TimeoutError:
                    continue
    return count


def test_a_probe_reaches_for_no_network(environment, real, monkeypatch):
    write_login(environment, expires_in=-60)
    file = environment / ".claude/.credentials.json"
    before = file.read_bytes(), file.stat().st_mtime_ns
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        assert check().code is None
        proxy.settimeout(0.2)
        with pytest.raises(TimeoutError):
            proxy.accept()
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_left_to_itself_auth_status_would_renew_the_login(environment, real):
    write_login(environment, expires_in=-60)
    assert connections_of([str(real), "auth", "status"], child_environment()) > 0


def test_a_request_is_answered_by_the_stub(real, monkeypatch, environment):
    with MessagesApi() as api:
        said = subprocess.run(
            [real, "-p", "hi"],
            env=child_environment()
            | {"ANTHROPIC_BASE_URL": api.url, "ANTHROPIC_API_KEY": "sk-ant-fake"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            cwd=environment,
        )
    assert said.stdout.decode().strip() == "".join(WORDS)
