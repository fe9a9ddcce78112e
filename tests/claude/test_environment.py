"""What a child sees of our environment."""

import pytest

from app.claude.environment import child_environment, probe_environment


def test_the_clis_own_variables_are_passed_on(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert child_environment()["ANTHROPIC_API_KEY"] == "k"
    assert child_environment()["HTTPS_PROXY"] == "http://proxy.example:3128"


@pytest.mark.parametrize("name", ["PROXY_API_KEY", "DATABASE_URL", "LD_PRELOAD"])
def test_nothing_else_is_passed_on(monkeypatch, name):
    monkeypatch.setenv(name, "x")
    assert name not in child_environment()


def test_an_empty_variable_is_left_out(monkeypatch):
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "")
    assert "CLAUDE_CONFIG_DIR" not in child_environment()


def test_a_home_is_always_named(monkeypatch):
    monkeypatch.delenv("HOME")
    assert child_environment()["HOME"].startswith("/")


def test_a_probe_reaches_no_network(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "*")
    environment = probe_environment()
    assert environment["HTTPS_PROXY"] == environment["https_proxy"]
    assert environment["HTTPS_PROXY"].endswith("127.0.0.1:9")
    assert "no_proxy" not in environment
