"""A worker's own folder: there while it lives, gone afterwards, whoever killed it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.pool.folder import OwnFolder

_WORKER = """
import sys
from pathlib import Path
from app.pool.folder import OwnFolder
folder = OwnFolder(Path(sys.argv[1]))
(folder.path() / "claude-x").mkdir()
print(folder.path(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def worker(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start another worker, which has made its folder."""
    command = [sys.executable, "-c", _WORKER, str(folder)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as worker:
        yield worker
        worker.kill()


def test_it_is_made_when_it_is_needed_and_closing_removes_it(folder):
    own = OwnFolder(folder)
    assert list(folder.iterdir()) == []
    assert own.path() == own.path()
    assert own.path().stat().st_mode & 0o777 == 0o700
    own.close()
    assert list(folder.iterdir()) == []


def test_what_a_killed_worker_left_is_removed(folder, worker):
    left = Path(worker.stdout.readline().strip())
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert (left / "claude-x").is_dir()
    OwnFolder(folder).sweep()
    assert list(folder.iterdir()) == []


def test_what_belongs_to_a_living_one_is_left_alone(folder, worker):
    lives = Path(worker.stdout.readline().strip())
    own = OwnFolder(folder)
    mine = own.path()
    own.sweep()
    assert (lives / "claude-x").is_dir()
    assert mine.is_dir()
    own.close()


def test_what_a_dying_process_made_anew_is_removed_the_next_time(folder):
    (folder / "claude-pool-dead" / "claude-x").mkdir(parents=True)
    OwnFolder(folder).sweep()
    assert list(folder.iterdir()) == []


def test_one_that_somebody_removed_is_made_anew(folder):
    own = OwnFolder(folder / "state")
    own.path().rmdir()
    (folder / "state" / f"{own._path.name}.lock").unlink()
    (folder / "state").rmdir()
    assert own.path().is_dir()
    own.close()
    assert list((folder / "state").iterdir()) == []
