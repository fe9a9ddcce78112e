"""What gunicorn's master makes for all its workers: metrics folder, slots, drain flag.

A module's state, against our habit, since it is of a process tree and not of an app: it
is made once in the master, and workers have it by fork.
"""

import atexit
import mmap
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from app.metrics.counts import forget_process, use_shared_values
from config.variables import METRICS_FOLDER, metrics_folder

STARTED_AT = time.monotonic()
DRAIN_FLAG = mmap.mmap(-1, 1)  # anonymous memory, shared across forks
_slot = "master"


def share_metrics(state_dir: Path) -> None:
    """Make this server's own folder, unless it has one; HUP comes here again.

    A folder a server, never one for all: wiping it under another one's workers would
    lose their counts. Folders of servers that were killed are removed.
    """
    ours = f"metrics-{os.getpid()}-"
    if Path(os.environ.get(METRICS_FOLDER, "")).name.startswith(ours):
        return
    for left in state_dir.glob("metrics-*"):
        pid = left.name.split("-")[1]
        if pid.isdecimal() and not _is_running(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    os.environ[METRICS_FOLDER] = tempfile.mkdtemp(prefix=ours, dir=state_dir)
    use_shared_values(lambda: _slot)
    atexit.register(_remove_folder, os.environ[METRICS_FOLDER], os.getpid())


def choose_slot(server: Arbiter, worker: Worker) -> None:
    """Give a worker, before its fork, the lowest number no living one has."""
    taken = {getattr(other, "slot", None) for other in server.WORKERS.values()}
    slot = next(number for number in range(len(taken) + 1) if number not in taken)
    worker.slot = slot  # type: ignore[attr-defined]


def take_slot(worker: Worker) -> None:
    """Count, after the fork, in the files of the slot that was chosen."""
    global _slot
    _slot = str(worker.slot)  # type: ignore[attr-defined]


def free_slot(worker: Worker) -> None:
    """Drop the gauges of a worker that has ended, in the master; its counts stay."""
    slot, folder = getattr(worker, "slot", None), metrics_folder()
    if slot is not None and folder:
        forget_process(str(slot), folder)


def _remove_folder(folder: str, pid: int) -> None:
    if os.getpid() == pid:  # a worker has the master's exit handlers as well
        shutil.rmtree(folder, ignore_errors=True)


def _is_running(pid: int) -> bool:
    with suppress(ProcessLookupError):
        with suppress(PermissionError):
            os.kill(pid, 0)
        return True
    return False
