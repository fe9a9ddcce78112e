"""The command as its user sees it: words, output, exit codes."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from app.commands import main
from config.loading import SettingsError, describe_settings, load_settings

HEALTHY = {"status": "healthy", "service": "claude-proxy"}
UNHEALTHY = {
    "status": "unhealthy",
    "service": "claude-proxy",
    "error": "Claude CLI not available",
    "details": {"code": "cli_failed", "remedy": "Install it again."},
}


@pytest.fixture
def answering():
    """Serve one canned answer, and return its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = server.answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()

        def answer(status: int, body: object) -> str:
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            server.answer = status, text
            return f"http://127.0.0.1:{server.server_port}"

        yield answer
        server.shutdown()


def run(*words: str):
    return CliRunner().invoke(main.main, words)


@pytest.mark.parametrize(
    ("status", "body", "code", "said"),
    [
        (200, HEALTHY, 0, "healthy\n"),
        (
            503,
            UNHEALTHY,
            1,
            "unhealthy: Claude CLI not available. Install it again.\n",
        ),
        (500, UNHEALTHY | {"status": "error"}, 1, "error: Claude CLI not available"),
        (503, HEALTHY, 1, "unhealthy: HTTP status 503, while the body says healthy\n"),
        (500, HEALTHY, 1, "unhealthy: HTTP status 500, while the body says healthy\n"),
        (202, HEALTHY, 1, "unhealthy: HTTP status 202, while the body says healthy\n"),
        (200, UNHEALTHY, 1, "unhealthy: Claude CLI not available. "),
        (200, {"status": "healthy", "service": "another"}, 2, "not claude-proxy"),
        (200, b"\xff garbage", 2, "not claude-proxy"),
        (502, b"<html>Bad Gateway</html>", 2, "not claude-proxy"),
    ],
)
def test_check_tells_by_its_exit_code(answering, status, body, code, said):
    result = run("check", "--url", answering(status, body))
    assert result.exit_code == code
    assert said in result.output


def test_check_says_when_nobody_answers():
    result = run("check", "--url", "http://127.0.0.1:1")
    assert result.exit_code == 2
    assert "could not ask" in result.output


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://[::1"])
def test_check_cannot_ask_at_a_nonsense_address(url):
    assert run("check", "--url", url).exit_code == 2


def test_check_can_print_the_whole_answer(answering):
    result = run("check", "--json", "--url", answering(503, UNHEALTHY))
    assert json.loads(result.output) == UNHEALTHY


def test_check_asks_no_http_proxy(answering, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert run("check", "--url", answering(200, HEALTHY)).exit_code == 0


@pytest.mark.parametrize(
    ("mode", "code"), [("ok", 0), ("logged_out", 1), ("crash", 1), ("garbage", 1)]
)
def test_check_local_needs_no_server(fake_claude, mode, code):
    fake_claude.set(mode=mode)
    assert run("check", "--local").exit_code == code


def test_check_local_prints_the_detailed_report(fake_claude):
    body = json.loads(run("check", "--local", "--json").stdout)
    assert body["components"]["claude_cli"]["path"] == str(fake_claude.path)


def test_check_local_refuses_an_upstream_that_is_the_proxy(fake_claude, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://localhost:8000")
    result = run("check", "--local")
    assert (result.exit_code, fake_claude.calls) == (2, [])


def test_url_and_local_exclude_each_other():
    assert run("check", "--local", "--url", "http://x").exit_code == 2


@pytest.mark.parametrize("command", ["check", "serve"])
def test_bad_settings_are_told_together(monkeypatch, command):
    monkeypatch.setenv("PORT", "no")
    monkeypatch.setenv("WORKERS", "0")
    result = run(command)
    assert result.exit_code == 2
    assert "PORT: " in result.stderr
    assert "WORKERS: " in result.stderr


def test_serve_hands_its_options_on(monkeypatch):
    given = {}
    monkeypatch.setattr("app.server.run.serve", given.update)
    run("serve", "--host", "::1", "--port", "9000", "--log-level", "debug")
    assert given == {"HOST": "::1", "PORT": "9000", "LOG_LEVEL": "debug"}


def test_a_bad_option_is_a_bad_setting(monkeypatch):
    monkeypatch.setattr("app.server.run.serve", load_settings)
    with pytest.raises(SettingsError):
        load_settings({"PORT": "x"})
    assert run("serve", "--port", "x").exit_code == 2


def test_help_explains_every_setting():
    said = run("--help").output
    assert [name for name, _ in describe_settings() if name not in said] == []


def test_python_m_app_is_the_same_command():
    command = [sys.executable, "-m", "app", "--version"]
    assert b"claude-proxy, version" in subprocess.check_output(command)


def test_what_could_not_be_asked_leaves_stdout_empty(answering):
    result = run("check", "--json", "--url", answering(200, b"garbage"))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("could not ask: http://127.0.0.1:")


def test_check_asks_the_address_that_is_set(answering, monkeypatch):
    port = answering(200, HEALTHY).rpartition(":")[2]
    monkeypatch.setenv("PORT", port)
    assert run("check").exit_code == 0


def test_check_local_says_that_the_cli_is_missing(fake_claude):
    fake_claude.path.unlink()
    result = run("check", "--local")
    assert result.exit_code == 1
    assert result.stdout.startswith("unhealthy: Claude CLI not found in PATH. ")


def test_logs_do_not_mix_with_the_json(fake_claude, monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert json.loads(run("check", "--local", "--json").stdout)["status"] == "healthy"


def test_serve_hands_every_option_on(monkeypatch):
    given = {}
    monkeypatch.setattr("app.server.run.serve", given.update)
    run("serve", "--workers", "2", "--threads", "3")
    assert given == {"WORKERS": "2", "THREADS": "3"}


def test_serve_without_options_leaves_all_to_the_environment(monkeypatch):
    given = []
    monkeypatch.setattr("app.server.run.serve", given.append)
    assert run("serve", "--port", "").exit_code == 0
    assert given == [{}]


def test_bad_settings_leave_stdout_empty(monkeypatch):
    monkeypatch.setenv("PORT", "no")
    result = run("check", "--json")
    assert (result.exit_code, result.stdout) == (2, "")


def test_help_explains_the_exit_codes():
    said = run("check", "-h").output
    assert "exit 0 healthy, 1 unhealthy, 2 could not ask" in said


def test_a_health_check_loads_no_app():
    code = "import sys, app.commands.main; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    heavy = {"flask", "gunicorn", "structlog", "msgspec", "rich", "asyncio"}
    assert heavy.isdisjoint(loaded)
