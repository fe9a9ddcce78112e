"""``claude-proxy monitor`` as its user starts it: at a terminal, and into a pipe."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.commands import client, main
from tests.service.conftest import serve as serve
from tests.support.rude import RUDE, RudeServer, health
from tests.support.terminal import ALTERNATE, NORMAL, Terminal
from tests.support.waiting import wait_until

UNWELL = health("unhealthy", 503, "No CLI", "Install it.")
COMMAND = [sys.executable, "-m", "app", "monitor", "--interval", "0.1"]


@pytest.fixture
def server() -> Iterator[RudeServer]:
    with RudeServer() as server:
        yield server


class Piped:
    """One monitor that writes to a file; ``lines`` without the times."""

    def __init__(self, output: Path, *options: str) -> None:
        self.output = output
        with output.open("w") as out:
            self.process = subprocess.Popen(
                [*COMMAND, *options], stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    @property
    def lines(self) -> list[str]:
        return [each.partition(" ")[2] for each in self.output.read_text().splitlines()]

    def says(self, count: int) -> str:
        wait_until(lambda: len(self.lines) >= count, 60)
        assert len(self.lines) == count
        return self.lines[-1]


@pytest.fixture
def piped(tmp_path):
    started = []

    def piped(*options: str) -> Piped:
        started.append(Piped(tmp_path / f"monitor-{len(started)}", *options))
        return started[-1]

    yield piped
    for each in started:
        each.process.kill()
        each.process.wait(10)


@pytest.fixture
def at_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    started = []

    def at_terminal(*options: str, **size: int) -> Terminal:
        started.append(Terminal([*COMMAND, *options], **size))
        return started[-1]

    yield at_terminal
    for each in started:
        each.close()


def run(*options: str):
    return CliRunner().invoke(main.main, ["monitor", *options])


def test_into_a_pipe_an_outage_of_a_real_service_is_a_line_a_change(
    serve, fake_claude, piped
):
    service = serve()
    service.becomes(None)
    monitor = piped("--url", service.url)
    assert monitor.says(1) == f"{service.url} healthy"
    fake_claude.path.unlink()
    said = "unhealthy: Claude CLI not found in PATH. CLAUDE_CLI_PATH names"
    assert monitor.says(2).startswith(f"{service.url} {said}")
    fake_claude.install()
    assert monitor.says(3) == f"{service.url} healthy"
    service.process.kill()
    assert monitor.says(4).startswith(f"{service.url} unreachable: ")


def test_at_a_terminal_an_outage_of_a_real_service_is_seen(
    serve, fake_claude, at_terminal
):
    service = serve()
    service.becomes(None)
    terminal = at_terminal("--url", service.url, "--url", "http://127.0.0.1:1")
    picture = terminal.shows("healthy", "unreachable", "Connection refused")
    assert service.url.removeprefix("http://") in picture
    fake_claude.path.unlink()
    terminal.shows("claude_cli unhealthy (cli_not_found)", "-> CLAUDE_CLI_PATH names")
    fake_claude.install()
    wait_until(lambda: "cli_not_found" not in terminal.screen, 60)
    service.process.kill()
    wait_until(lambda: terminal.screen.count("Connection refused") == 2, 60)
    terminal.press("q")
    assert terminal.ends() == 2


@pytest.mark.parametrize(
    ("behaviour", "code"), [(health("healthy"), 0), (UNWELL, 1), (RUDE["reset"], 2)]
)
def test_q_quits_with_the_exit_code_of_check(server, at_terminal, behaviour, code):
    server.behaviour = behaviour
    terminal = at_terminal("--url", server.url)
    terminal.shows({0: "healthy", 1: "No CLI", 2: "unreachable"}[code])
    terminal.press("q")
    assert (terminal.ends(), terminal.restored) == (code, True)
    wait_until(lambda: NORMAL in terminal.written)
    assert terminal.written.index(ALTERNATE) < terminal.written.index(NORMAL)
    wait_until(lambda: server.url in terminal.written.partition(NORMAL)[2])


def test_r_asks_at_once(server, at_terminal):
    terminal = at_terminal("--url", server.url, "--interval", "3600")
    terminal.shows("healthy")
    server.behaviour = UNWELL
    terminal.press("r")
    terminal.shows("-> Install it.")
    assert server.asked == 2


@pytest.mark.parametrize(
    ("number", "code"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)]
)
def test_a_signal_leaves_the_terminal_as_it_was(server, at_terminal, number, code):
    terminal = at_terminal("--url", server.url)
    terminal.shows("healthy")
    terminal.process.send_signal(signal.Signals[number])
    assert (terminal.ends(), terminal.restored) == (code, True)
    wait_until(lambda: NORMAL in terminal.written)


def test_what_a_server_says_does_nothing_to_a_terminal(server, at_terminal):
    evil = "\x1b[2J\x1b]0;title\x07\x9b31m[bold]Red[/bold]\r\n"
    server.behaviour = health("unhealthy", 503, evil, "\x1bc[link=x]Do it[/link]")
    terminal = at_terminal("--url", server.url)
    terminal.shows("[2J ]0;title 31m[bold]Red[/bold]", "c[link=x]Do it[/link]")
    assert "\x1b]" not in terminal.written
    assert "\x1bc" not in terminal.written
    assert "\x1b[2J" not in terminal.written.replace("\x1b[H\x1b[2J", "")


@pytest.mark.parametrize("rude", ["hang", "drip", "pour"])
def test_a_rude_server_holds_no_key(server, at_terminal, rude):
    server.behaviour = RUDE[rude]
    terminal = at_terminal("--url", server.url)
    terminal.shows("q quit")
    terminal.press("q")
    assert terminal.ends() == 2


def test_a_narrow_terminal_shows_the_state_all_the_same(server, at_terminal):
    terminal = at_terminal("--url", server.url, rows=10, columns=60)
    terminal.shows("healthy")


def test_a_dumb_terminal_gets_lines(server, at_terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    terminal = at_terminal("--url", server.url)
    wait_until(lambda: f"{server.url} healthy" in terminal.written, 60)
    assert "\x1b" not in terminal.written


def test_a_command_is_run_at_a_change(server, piped, tmp_path):
    told = tmp_path / "told"
    monitor = piped(
        "--url", server.url, "--on-change", f"echo $STATE >> {told}; exit 3"
    )
    monitor.says(1)
    server.behaviour = UNWELL
    wait_until(lambda: told.exists() and told.read_text() == "unhealthy\n", 60)
    assert monitor.says(3) == "command ended with exit code 3"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_its_end_ends_the_command(server, piped, tmp_path, number):
    server.behaviour = UNWELL
    pid = tmp_path / "pid"
    command = f"echo $$ > {pid}; exec sleep 300"
    monitor = piped("--url", server.url, "--on-change", command)
    wait_until(lambda: pid.exists() and pid.read_text(), 60)
    monitor.process.send_signal(number)
    assert monitor.process.wait(30) == -number
    wait_until(lambda: not Path(f"/proc/{pid.read_text().strip()}").exists(), 30)


def test_a_reader_that_goes_away_ends_it(server):
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*COMMAND, "--url", server.url], stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    server.behaviour = UNWELL
    _, said = process.communicate(timeout=60)
    assert (process.returncode, b"Traceback" in said) == (1, False)


@pytest.mark.parametrize(
    ("behaviour", "code", "said"),
    [
        (health("healthy"), 0, "healthy"),
        (UNWELL, 1, "unhealthy: No CLI. Install it."),
        (RUDE["reset"], 2, "unreachable: "),
    ],
)
def test_once_asks_once(server, behaviour, code, said):
    server.behaviour = behaviour
    result = run("--once", "--url", server.url)
    assert (result.exit_code, server.asked) == (code, 1)
    assert result.stdout.partition(" ")[2].startswith(f"{server.url} {said}")


def test_once_says_a_line_for_each(server):
    result = run("--once", "--url", server.url, "--url", "127.0.0.1:1")
    assert [each.split()[2] for each in result.stdout.splitlines()] == [
        *("healthy", "unreachable:")
    ]
    assert result.exit_code == 2


def test_once_takes_no_longer_than_one_deadline(server, monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 0.5)
    server.behaviour = RUDE["drip"]
    assert run("--once", "--url", server.url).exit_code == 2


def test_without_an_address_the_one_that_is_set_is_asked(server, monkeypatch):
    monkeypatch.setenv("PORT", server.url.rpartition(":")[2])
    assert run("--once").exit_code == 0


@pytest.mark.parametrize("options", [["--interval", "0"], ["--what"], ["url"]])
def test_wrong_options_are_refused(options):
    assert run(*options).exit_code == 2


def test_bad_settings_are_refused(monkeypatch):
    monkeypatch.setenv("PORT", "no")
    assert run("--once").exit_code == 2
