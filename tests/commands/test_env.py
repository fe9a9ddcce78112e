"""``claude-proxy env`` prints what ``eval`` takes."""

import subprocess
import sys

import pytest

from app.server.key import make_key
from config.key import plain_key
from config.loading import load_settings
from tests.commands.test_main import run


def test_the_exports_name_address_and_key():
    make_key(load_settings())
    result = run("env")
    key = plain_key(load_settings().state_dir)
    assert result.exit_code == 0
    assert result.stdout == (
        "export ANTHROPIC_BASE_URL=http://127.0.0.1:8000\n"
        f"export ANTHROPIC_AUTH_TOKEN={key}\n"
    )


@pytest.mark.parametrize(
    "key", ["plain", "with space", "$(touch x)", "it's;\"&", "`id`"]
)
def test_a_shell_takes_any_key_literally(monkeypatch, tmp_path, key):
    monkeypatch.setenv("PROXY_API_KEY", key)
    line = f'eval "$({sys.executable} -m app env)"; printf %s "$ANTHROPIC_AUTH_TOKEN"'
    assert subprocess.check_output(["sh", "-c", line], text=True) == key


def test_before_the_first_start_there_is_no_key_and_nothing_to_evaluate():
    result = run("env")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "start the server once" in result.stderr


def test_a_port_that_is_not_known_cannot_be_exported(monkeypatch):
    monkeypatch.setenv("PROXY_API_KEY", "set-key")
    monkeypatch.setenv("PORT", "0")
    result = run("env")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "set PORT" in result.stderr


def test_bad_settings_are_told(monkeypatch):
    monkeypatch.setenv("PORT", "no")
    assert run("env").exit_code == 2
