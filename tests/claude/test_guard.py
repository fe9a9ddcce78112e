"""The guard as a program: started here as ours, so that its lines are counted, too.

``process.py`` starts it with ``-I -S`` and next to no environment, where nothing of
coverage can be; ``test_process.py`` has that way. Before Python 3.12 coverage does not
see the guard's thread, which is too bare for it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.claude import guard
from tests.claude.test_process import is_alive
from tests.support.family import children
from tests.support.processes import ROOT
from tests.support.waiting import wait_until

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start guards of a command; one that is left is ended with it after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str | Path) -> "subprocess.Popen[bytes]":
        program = [sys.executable, str(guard.__file__), *map(str, command)]
        started.append(subprocess.Popen(program, stdin=subprocess.PIPE))
        return started[-1]

    yield start
    for each in started:
        with each:
            for child in children(each.pid) if each.poll() is None else []:
                os.kill(child, signal.SIGKILL)


def test_the_commands_exit_code_is_the_guards(start):
    assert start("/bin/sh", "-c", "exit 7").wait(10) == 7


def test_a_signal_is_an_exit_code_as_in_a_shell(start):
    assert start("/bin/sh", "-c", "kill -9 $$").wait(10) == 128 + signal.SIGKILL


def test_what_cannot_be_executed_is_a_shells_126(start, tmp_path):
    assert start(tmp_path / "nothing").wait(10) == guard.CANNOT_START


def test_what_the_command_left_running_is_ended(start, tmp_path):
    pid = tmp_path / "pid"
    start("/bin/sh", "-c", f"sleep 60 & echo $! > {pid}").wait(10)
    wait_until(lambda: not is_alive(int(pid.read_text())))


def test_a_command_let_go_is_asked_to_end(start, fake_claude):
    fake_claude.set(mode="hang")
    started = start(fake_claude.path)
    wait_until(lambda: fake_claude.calls)
    started.stdin.close()
    assert started.wait(10) == 128 + signal.SIGTERM


def test_one_that_does_not_end_when_asked_is_made_to(start, fake_claude):
    fake_claude.set(mode="hang_hard")
    started = start(fake_claude.path)
    wait_until(lambda: fake_claude.calls)
    started.stdin.close()
    assert started.wait(10) == 128 + signal.SIGKILL


def test_a_guard_killed_before_the_kernel_knows_leaves_nothing(tmp_path):
    """The command runs only once the second lifeline is there."""
    ran = tmp_path / "ran"
    program = (
        "import os; from app.claude import guard;"
        "guard._second_lifeline = lambda *_: os.kill(os.getpid(), 9);"
        f"guard.main(['/bin/sh', '-c', 'echo $$ > {ran}; sleep 60'])"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=10)
    with pytest.raises(AssertionError, match="waited in vain"):
        wait_until(ran.exists, 0.5)
