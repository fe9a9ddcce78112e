"""A child that stays: talked to, killed at once, and never an orphan."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.claude.child import Child
from app.claude.errors import CliCrashed, CliTimeout
from app.claude.guard import STAYS
from app.claude.process import GUARD
from tests.claude.test_process import is_alive
from tests.support.waiting import wait_until

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def soon(seconds: float = 10.0) -> float:
    return time.monotonic() + seconds


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Child]]:
    started: list[Child] = []

    def start(script: str) -> Child:
        command = ["/bin/sh", "-c", script]
        started.append(Child.start(command, ENVIRONMENT, tmp_path, soon()))
        return started[-1]

    yield start
    for child in started:
        child.kill()
        child.reap()


def test_it_is_written_to_and_read_from(start):
    child = start("cat")
    child.write([b"one\n", b"two", b"\n"], soon())
    assert [child.read_line(soon()), child.read_line(soon())] == [b"one", b"two"]
    assert child.read_line(soon(0.05)) is None


def test_a_line_longer_than_the_pipe_comes_whole(start):
    child = start("head -c 3000000 /dev/zero | tr '\\0' x; echo; sleep 60")
    assert len(child.read_line(soon()) or b"") == 3_000_000


def test_one_that_does_not_read_ends_the_write_at_the_deadline(start):
    child = start("sleep 60")
    with pytest.raises(CliTimeout):
        child.write([b"x" * (1 << 20)], soon(0.2))


def test_one_that_has_ended_says_so(start):
    child = start("exit 3")
    with pytest.raises(EOFError):
        child.read_line(soon())
    wait_until(lambda: child.ended)
    with pytest.raises(EOFError):
        child.write([b"x"], soon())


def test_kill_ends_all_it_started_however_deaf(start):
    child = start("trap '' TERM; sleep 60 & echo $!; wait")
    other = int(child.read_line(soon()) or b"")
    child.kill()
    wait_until(lambda: not is_alive(child.pid) and not is_alive(other))
    child.kill()


def test_let_go_it_may_end_in_its_own_way(start, tmp_path):
    child = start("trap 'touch cleaned; exit' TERM; echo ready; sleep 60 & wait")
    assert child.read_line(soon()) == b"ready"
    child.let_go()
    wait_until(lambda: child.ended)
    assert (tmp_path / "cleaned").exists()


def test_let_go_a_deaf_one_is_killed_all_the_same(start):
    child = start("trap '' TERM; echo ready; sleep 60; sleep 60")
    assert child.read_line(soon()) == b"ready"
    child.let_go()
    wait_until(lambda: child.ended and not is_alive(child.pid))


def test_what_cannot_be_executed_is_a_crash(tmp_path):
    with pytest.raises(CliCrashed):
        Child.start([str(tmp_path / "none")], ENVIRONMENT, tmp_path, soon())


def test_its_memory_can_be_read(start):
    child = start("sleep 60")
    wait_until(lambda: (child.memory or 0) > 100_000)
    child.kill()
    child.reap()
    wait_until(lambda: child.memory is None)


def test_no_descriptor_and_no_zombie_is_left(start):
    def left() -> tuple[int, str]:
        children = Path("/proc/self/task") / str(os.getpid()) / "children"
        return len(list(Path("/proc/self/fd").iterdir())), children.read_text()

    before = left()
    child = start("cat")
    child.kill()
    child.reap()
    assert left() == before


def test_a_killed_parent_leaves_no_orphan():
    program = (
        "import sys, time; from pathlib import Path;"
        "from app.claude.child import Child;"
        "c = Child.start(['/bin/sh', '-c', \"trap '' TERM; sleep 60; sleep 60\"],"
        "{'PATH': '/usr/bin:/bin'}, Path('/'), time.monotonic() + 20);"
        "print(c.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not is_alive(pid))


def test_one_whose_starter_died_before_it_heard_of_it_ends_too(tmp_path):
    ours, held = socket.socketpair()
    script = "echo $$ > pid.new; mv pid.new pid; trap '' TERM; sleep 60; sleep 60"
    command = [*GUARD, STAYS, str(held.fileno()), "/bin/sh", "-c", script]
    with subprocess.Popen(
        command, cwd=tmp_path, pass_fds=(held.fileno(),), start_new_session=True
    ):
        held.close()
        ours.close()
    pid = tmp_path / "pid"
    wait_until(lambda: not pid.exists() or not is_alive(int(pid.read_text())))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_a_killed_guard_leaves_no_orphan(start):
    child = start("trap '' TERM; echo ready; sleep 60; sleep 60")
    assert child.read_line(soon()) == b"ready"
    os.kill(child._guard.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(child.pid))


def test_what_ends_after_its_guard_is_waited_for(start, tmp_path):
    """A busy machine may let a killed command finish a write, its guard long gone."""
    child = start("setsid sh -c 'echo; sleep 0.5; touch late' & exec sleep 60")
    assert child.read_line(soon()) == b""
    child.kill()
    child.reap()
    assert (tmp_path / "late").exists()
