"""Several logins on one host, as docs/operations.md sets them up."""

from pathlib import Path

import pytest
import requests

from tests.messages.test_request import LEAST
from tests.support.messages_api import write_login
from tests.support.processes import Service
from tests.support.upstream import Upstream, quota_used_up


@pytest.fixture
def start(serve, real_claude, tmp_path: Path, monkeypatch):
    """Start services of one user and one HOME, each with a login of its own."""
    monkeypatch.setenv("CLAUDE_CLI_PATH", str(real_claude))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nothing leaves this host
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def start(name: str, upstream: Upstream) -> Service:
        folder = tmp_path / name
        write_login(folder, email=f"{name}@example.com", account=name)
        login = folder / ".claude"
        (folder / ".claude.json").rename(login / ".claude.json")
        return serve(
            CLAUDE_CONFIG_DIR=str(login),
            STATE_DIR=str(folder / "state"),
            ANTHROPIC_BASE_URL=upstream.url,
        )

    return start


def user_of(service: Service) -> str:
    answer = service.get("/health/detailed")
    return answer.json()["components"]["authentication"]["user"]


def ask(service: Service) -> int:
    answer = requests.post(f"{service.url}/v1/messages", json=LEAST, timeout=60)
    return answer.status_code


def test_a_login_of_its_own_is_a_quota_of_its_own(start, tmp_path, environment):
    with Upstream() as full, Upstream() as free:
        first, second = start("first", full), start("second", free)
        for each in (first, second):
            each.becomes(None)
        users = [user_of(first), user_of(second)]
        assert users == ["first@example.com", "second@example.com"]
        full.always(quota_used_up())
        assert [ask(first), ask(second)] == [429, 200]
        first.becomes("quota_exhausted")
        assert second.get().status_code == 200
        (tmp_path / "second/.claude/.credentials.json").unlink()
        second.becomes("not_authenticated")
    assert not (environment / ".claude").exists()  # nothing is shared through HOME
