"""Starting and ending children: bounded in time, in output, and to the last process."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.claude import process
from app.claude.errors import CliGarbled, CliInterrupted, CliTimeout
from app.claude.process import Completed, run
from tests.support.builders import FakeClaude
from tests.support.waiting import wait_until

START = (
    "import sys; from pathlib import Path; from app.claude.process import run;"
    "run(sys.argv[1:], environment={}, folder=Path('/'), deadline=60)"
)


def ask(fake: FakeClaude, tmp_path: Path, deadline: float = 20.0) -> Completed:
    command = [str(fake.path), "--version"]
    return run(command, environment={}, folder=tmp_path, deadline=deadline)


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it ended while it was read
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_the_exit_code_and_the_output_come_back(fake_claude, tmp_path):
    assert ask(fake_claude, tmp_path) == Completed(0, b"2.1.330 (Claude Code)\n")


def test_a_crash_is_its_exit_code(fake_claude, tmp_path):
    fake_claude.set(mode="crash")
    assert ask(fake_claude, tmp_path).exit_code == 70


def test_a_signal_is_an_exit_code_as_in_a_shell(fake_claude, tmp_path):
    fake_claude.set(mode="killed")
    assert ask(fake_claude, tmp_path).exit_code == 128 + signal.SIGKILL


def test_what_cannot_be_executed_is_an_exit_code(tmp_path):
    file = tmp_path / "claude"
    file.write_bytes(b"\x00not a program")
    file.chmod(0o755)
    assert run([str(file)], environment={}, folder=tmp_path, deadline=5).exit_code


def test_a_hang_ends_at_the_deadline(fake_claude, tmp_path):
    fake_claude.set(mode="hang")
    with pytest.raises(CliTimeout):
        ask(fake_claude, tmp_path, deadline=0.5)
    assert not is_alive(fake_claude.calls[0]["pid"])


def test_nothing_is_left_of_one_that_ignores_sigterm(fake_claude, tmp_path):
    fake_claude.set(mode="hang_hard")
    with pytest.raises(CliTimeout):
        ask(fake_claude, tmp_path, deadline=0.5)
    call = fake_claude.calls[0]
    assert not is_alive(call["pid"])
    wait_until(lambda: not is_alive(call["child"]))  # killed, but nobody waits for it


def test_a_flood_is_ended_and_not_read(fake_claude, tmp_path):
    fake_claude.set(mode="flood")
    with pytest.raises(CliGarbled):
        ask(fake_claude, tmp_path)


def test_a_run_can_be_given_up(fake_claude, tmp_path):
    fake_claude.set(mode="hang")
    started = time.monotonic()
    command = [str(fake_claude.path)]
    with pytest.raises(CliTimeout):
        run(
            command,
            environment={},
            folder=tmp_path,
            deadline=60,
            given_up=lambda: bool(fake_claude.calls),
        )
    assert time.monotonic() - started < 30


def test_the_child_sees_only_what_it_was_given(fake_claude, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_OURS", "x")
    command = [str(fake_claude.path), "--version"]
    run(command, environment={"LANG": "C"}, folder=tmp_path, deadline=20)
    assert set(fake_claude.calls[0]["names"]) <= {"LANG", "LC_CTYPE"}


def test_a_killed_parent_leaves_no_orphan(fake_claude, tmp_path):
    fake_claude.set(mode="hang_hard")
    command = [sys.executable, "-c", START, str(fake_claude.path)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as worker:
        wait_until(lambda: fake_claude.calls)
        worker.kill()
    call = fake_claude.calls[0]
    wait_until(lambda: not is_alive(call["pid"]) and not is_alive(call["child"]))


def parent(pid: int) -> int:
    status = Path(f"/proc/{pid}/stat").read_text()
    return int(status.rpartition(")")[2].split()[1])


def test_a_killed_guard_takes_its_command_with_it(fake_claude, tmp_path):
    fake_claude.set(mode="hang_hard")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(ask, fake_claude, tmp_path)
        (call,) = wait_until(lambda: fake_claude.calls)
        os.kill(parent(call["pid"]), signal.SIGKILL)
        with pytest.raises(CliInterrupted):
            asked.result(10)
    wait_until(lambda: not is_alive(call["pid"]) and not is_alive(call["child"]))


def test_a_guard_that_dies_with_its_worker_leaves_no_orphan(fake_claude):
    fake_claude.set(mode="hang_hard")
    command = [sys.executable, "-c", START, str(fake_claude.path)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as worker:
        (call,) = wait_until(lambda: fake_claude.calls)
        os.kill(worker.pid, signal.SIGSTOP)  # so that neither sees the other die
        os.kill(parent(call["pid"]), signal.SIGKILL)
        worker.kill()
    wait_until(lambda: not is_alive(call["pid"]) and not is_alive(call["child"]))


def test_a_frozen_guard_keeps_nobody_waiting(fake_claude, tmp_path, monkeypatch):
    monkeypatch.setattr(process, "_GUARD_ENDS_WITHIN", 0.1)
    fake_claude.set(mode="hang_hard")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(ask, fake_claude, tmp_path, deadline=3)
        (call,) = wait_until(lambda: fake_claude.calls)
        os.kill(parent(call["pid"]), signal.SIGSTOP)
        with pytest.raises(CliTimeout):
            asked.result(20)
    wait_until(lambda: not is_alive(call["pid"]) and not is_alive(call["child"]))
