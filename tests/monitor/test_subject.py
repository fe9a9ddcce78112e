"""Who shares a verdict: the same CLI and login, asked in the same way."""

import pytest

from app.monitor.subject import subject
from config.loading import load_settings


@pytest.mark.parametrize(
    "name", ["ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"]
)
def test_another_upstream_or_key_is_another_subject(monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    one = subject(load_settings())
    assert subject(load_settings()) == one
    monkeypatch.setenv(name, "http://127.0.0.1:2")
    assert subject(load_settings()) != one


def test_what_the_cli_does_not_see_is_no_part_of_it(monkeypatch):
    one = subject(load_settings())
    monkeypatch.setenv("PROXY_API_KEY", "k3y")
    assert subject(load_settings()) == one
