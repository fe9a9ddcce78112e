"""Where counts are kept under gunicorn: in files that all workers of a server share.

A module's state, against our habit, since it is of a process tree and not of an app: it
is made once in the master, and workers have it by fork.
"""

import atexit
import os
import secrets
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, multiprocess, values
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from app.metrics.files import CountFile, kept, positions

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own variable
_NOT_SHARED = (
    "The counts cannot be shared through STATE_DIR ({}): every worker reports its own."
)
_slot = "master"


def metrics_folder() -> str | None:
    """Return the folder of the workers' files; None where nothing is shared."""
    return os.environ.get(_FOLDER)


def share_metrics(state_dir: Path) -> None:
    """Make this server's own folder, unless it has one; HUP comes here again.

    A folder a server, never one for all: wiping it under another one's workers would
    lose their counts. Folders of servers that were killed are removed. Where it cannot
    be made now (a full disk), the files make it as soon as that is possible.
    """
    ours = f"metrics-{os.getpid()}-"
    if Path(metrics_folder() or "").name.startswith(ours):
        return
    _remove_left_folders(state_dir)
    folder = state_dir / f"{ours}{secrets.token_hex(4)}"
    with suppress(OSError):
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    os.environ[_FOLDER] = str(folder)
    use_shared_values(lambda: _slot)
    atexit.register(_remove_folder, str(folder), os.getpid())


def use_shared_values(slot: Callable[[], str]) -> None:
    """Keep values in shared files from now on, one set of files a slot.

    ``slot`` returns this process's slot, which no other living process has. It stands
    where prometheus_client puts the pid: with pids, files of dead workers pile up and
    every scrape reads them all.
    """
    values.MmapedDict = CountFile  # type: ignore[assignment, attr-defined]
    shared = values.MultiProcessValue(slot)  # type: ignore[no-untyped-call]
    values.ValueClass = shared


def take_slot(slot: str) -> None:
    """Count, from now on in this process, in the files of this slot."""
    global _slot
    _slot = slot


def free_slot(slot: str) -> None:
    """Drop the gauges of a process that has ended; its counts stay."""
    if folder := metrics_folder():
        with suppress(OSError):
            multiprocess.mark_process_dead(slot, folder)  # type: ignore[no-untyped-call]


def problems() -> tuple[str, ...]:
    """Return the sentence that says why counts are not shared, where they are not."""
    found = {file.problem for file in list(kept) if file.problem}
    return (_NOT_SHARED.format(", ".join(sorted(found))),) if found else ()


class SharedValues(Collector):
    """The sum of all workers' values; of this one's own where they cannot be shared.

    Not ``MultiProcessCollector``, which refuses to start without its folder and to
    answer where one file is cut off.
    """

    def __init__(self, folder: str, own: CollectorRegistry) -> None:
        self._folder = Path(folder)
        self._own = own

    def collect(self) -> Iterable[Metric]:
        """Yield every metric with what all files hold that can be read."""
        for file in list(kept):
            file.keep()
        if problems():
            return self._own.collect()
        files = [str(file) for file in self._folder.glob("*.db") if _is_whole(file)]
        merge = multiprocess.MultiProcessCollector.merge
        return merge(files)  # type: ignore[no-untyped-call, no-any-return]


def _is_whole(file: Path) -> bool:
    try:
        return bool(positions(file.read_bytes()))
    except (OSError, ValueError):
        return False


def _remove_left_folders(state_dir: Path) -> None:
    for left in state_dir.glob("metrics-*"):
        pid = left.name.split("-")[1]
        # Our own pid: we have made none yet. A container's server is always number 1.
        if pid.isdecimal() and (int(pid) == os.getpid() or not _is_running(int(pid))):
            shutil.rmtree(left, ignore_errors=True)


def _remove_folder(folder: str, pid: int) -> None:
    if os.getpid() == pid:  # a worker has the master's exit handlers as well
        shutil.rmtree(folder, ignore_errors=True)


def _is_running(pid: int) -> bool:
    with suppress(ProcessLookupError):
        with suppress(PermissionError):
            os.kill(pid, 0)
        return True
    return False
