"""Where counts are kept under gunicorn: in files that all workers of a server share.

A module's state, against our habit, since it is of a process tree and not of an app: it
is made once in the master, and workers have it by fork.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from prometheus_client import multiprocess, values

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own variable
_slot = "master"


def metrics_folder() -> str | None:
    """Return the folder of the workers' files; None where nothing is shared."""
    return os.environ.get(_FOLDER)


def share_metrics(state_dir: Path) -> None:
    """Make this server's own folder, unless it has one; HUP comes here again.

    A folder a server, never one for all: wiping it under another one's workers would
    lose their counts. Folders of servers that were killed are removed.
    """
    ours = f"metrics-{os.getpid()}-"
    if Path(metrics_folder() or "").name.startswith(ours):
        return
    for left in state_dir.glob("metrics-*"):
        pid = left.name.split("-")[1]
        if pid.isdecimal() and not _is_running(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    os.environ[_FOLDER] = folder = tempfile.mkdtemp(prefix=ours, dir=state_dir)
    use_shared_values(lambda: _slot)
    atexit.register(_remove_folder, folder, os.getpid())


def use_shared_values(slot: Callable[[], str]) -> None:
    """Keep values in shared files from now on, one set of files a slot.

    ``slot`` returns this process's slot, which no other living process has. It stands
    where prometheus_client puts the pid: with pids, files of dead workers pile up and
    every scrape reads them all.
    """
    kept = values.MultiProcessValue(slot)  # type: ignore[no-untyped-call]
    values.ValueClass = kept


def take_slot(slot: str) -> None:
    """Count, from now on in this process, in the files of this slot."""
    global _slot
    _slot = slot


def free_slot(slot: str) -> None:
    """Drop the gauges of a process that has ended; its counts stay."""
    if folder := metrics_folder():
        multiprocess.mark_process_dead(slot, folder)  # type: ignore[no-untyped-call]


def _remove_folder(folder: str, pid: int) -> None:
    if os.getpid() == pid:  # a worker has the master's exit handlers as well
        shutil.rmtree(folder, ignore_errors=True)


def _is_running(pid: int) -> bool:
    with suppress(ProcessLookupError):
        with suppress(PermissionError):
            os.kill(pid, 0)
        return True
    return False
