"""``login``, ``logout`` and ``status`` become the CLI that the proxy uses."""

import json
import subprocess
import sys

import pytest

from tests.support.messages_api import write_login

NOT_FOUND = "Claude CLI not found in PATH. Install Claude CLI or set CLAUDE_CLI_PATH.\n"


def run(*words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "app", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("word", ["login", "logout", "status"])
def test_the_word_and_its_options_are_the_clis(fake_claude, word):
    run(word, "--console", "--email", "user@example.com")
    options = ["--console", "--email", "user@example.com"]
    assert [call["argv"] for call in fake_claude.calls] == [["auth", word, *options]]


@pytest.mark.parametrize(("logged_in", "code"), [(True, 0), (False, 1)])
def test_the_answer_and_the_exit_code_are_the_clis(fake_claude, logged_in, code):
    fake_claude.set(logged_in=logged_in)
    said = run("status")
    assert said.returncode == code
    assert json.loads(said.stdout)["loggedIn"] is logged_in


def test_the_process_itself_becomes_the_cli(fake_claude):
    command = [sys.executable, "-m", "app", "login"]
    with subprocess.Popen(command) as process:
        process.wait(30)
    assert fake_claude.calls[0]["pid"] == process.pid


def test_the_cli_sees_what_a_request_sees_and_the_terminal(fake_claude, monkeypatch):
    monkeypatch.setenv("PROXY_API_KEY", "planted-proxy-key")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/nowhere")
    monkeypatch.setenv("TERM", "xterm")
    run("login")
    names = set(fake_claude.calls[0]["names"])
    assert {"CLAUDE_CONFIG_DIR", "TERM", "HOME", "DISABLE_AUTOUPDATER"} <= names
    assert names.isdisjoint({"PROXY_API_KEY", "HTTPS_PROXY"})


def test_without_a_cli_the_contracts_sentence_says_what_to_do(fake_claude):
    fake_claude.path.unlink()
    said = run("login")
    assert (said.returncode, said.stdout, said.stderr) == (1, "", NOT_FOUND)


def test_a_cli_that_is_no_program_of_this_machine_is_told(fake_claude):
    fake_claude.path.write_bytes(b"\x7fELF of another machine")
    said = run("login")
    assert said.returncode == 1
    assert said.stderr.endswith("claude cannot be started: Exec format error.\n")


def test_a_cli_that_may_not_be_executed_is_told(fake_claude):
    fake_claude.path.chmod(0o644)
    assert "chmod +x" in run("login").stderr


def test_bad_settings_come_first(fake_claude, monkeypatch):
    monkeypatch.setenv("PORT", "no")
    said = run("login")
    assert (said.returncode, fake_claude.calls) == (2, [])
    assert "PORT: " in said.stderr


def test_a_cli_whose_upstream_is_the_proxy_is_not_logged_in(fake_claude, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:8000")
    said = run("login")
    assert (said.returncode, fake_claude.calls) == (2, [])
    assert "ANTHROPIC_BASE_URL: It points at this proxy itself" in said.stderr


def test_the_real_cli_logs_out_what_the_proxy_would_use(
    real_claude, monkeypatch, environment
):
    monkeypatch.setenv("CLAUDE_CLI_PATH", str(real_claude))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    write_login(environment)
    assert run("status").returncode == 0
    assert run("logout").returncode == 0
    assert run("status").returncode == 1
