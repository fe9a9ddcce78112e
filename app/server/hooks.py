"""What happens when gunicorn's master and its workers start and end.

A module's state, against our habit, since it is of a process tree and not of an app: it
is made once in the master, and workers have it by fork.
"""

import logging
import mmap
import sys
import time
from collections.abc import Callable
from typing import Any, cast

from flask import Flask
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from app.callers.file import UnusableFile, read_callers
from app.callers.ledger import Ledger
from app.history.recorder import Recorder
from app.metrics.multiprocess import free_slot, take_slot
from app.monitor.monitor import Monitor
from app.pool.folder import OwnFolder
from app.pool.pool import Pool
from app.runtime import Runtime
from app.server.drain import drain_on_term, end_while_booting, hold_signals
from app.server.notify import Notifier
from app.server.port import refuse_taken_port
from app.server.stopping import exit_in_time
from app.server.warnings import start_warnings
from app.web.current import part_of
from config.address import refuse_own_address
from config.loading import SettingsError, refuse
from config.settings import Settings

_LOG = logging.getLogger(__name__)
_STARTED_AT = time.monotonic()
_DRAIN_FLAG = mmap.mmap(-1, 1)  # anonymous memory, shared across forks
_BOOTED = mmap.mmap(-1, 1)  # 1 once any worker has booted
_TRY_AGAIN = 1  # an exit code without a meaning for gunicorn
_PAUSE = 1.0  # seconds between two attempts to boot a worker
# After which a thread that computes lets another have the interpreter, in seconds. A
# probe asks for it a dozen times, and would wait for Python's 5 ms at each.
_SWITCHES_AFTER = 0.0002
_PROMPTS_SHOW = (
    "LOG_PROMPTS is on: whoever reads this log reads what is asked."
    " Unset it when you are done."
)


def hooks(settings: Settings) -> dict[str, Callable[..., None]]:
    """Return the hooks by the names gunicorn knows them by."""
    notifier = Notifier()

    def starting(server: Arbiter) -> None:
        """Refuse what is only known to be unusable when a server starts.

        And take systemd's variables: it hears us, and not gunicorn.
        """
        refuse_unusable_keys(settings)
        on_starting(server)
        notifier.take_over()

    def when_ready(server: Arbiter) -> None:
        """Let SIGTERM drain first; gunicorn has set its own handlers by now."""
        drain_on_term(
            _DRAIN_FLAG,
            settings.drain_seconds,
            notifier.stopping,
            lambda: server.reexec_pid != 0,  # started by our USR2
        )
        _warn(settings)
        notifier.start(server)

    def child_exit(server: Arbiter, worker: Any) -> None:
        """Free what a worker held; the master comes here after a SIGKILL, too.

        Its folder is one that had no time for it: killed, or cut off while it stopped.
        """
        del server
        free_slot(str(worker.slot))
        OwnFolder(settings.state_dir).sweep()

    return {
        "on_starting": starting,
        "when_ready": when_ready,
        "pre_fork": pre_fork,
        "post_fork": post_fork,
        "post_worker_init": post_worker_init,
        "worker_exit": worker_exit,
        "child_exit": child_exit,
    }


def _warn(settings: Settings) -> None:
    """Log what will go wrong later; what cannot be looked at ends no start."""
    try:
        for sentence in start_warnings(settings):
            _LOG.warning(sentence)
    except Exception:
        _LOG.exception("not all could be looked at that may go wrong later")


def refuse_unusable_keys(settings: Settings) -> None:
    """End the start where the file of named keys cannot be used, telling all of it.

    At the start alone: later a bad version leaves the one before in force, and whoever
    reads settings without serving (``claude-proxy check``) has no use for it.
    """
    if settings.proxy_api_keys_file is None:
        return
    try:
        read_callers(settings.proxy_api_keys_file, settings.proxy_api_key)
    except UnusableFile as error:
        told = [f"PROXY_API_KEYS_FILE: {problem}" for problem in error.problems]
        refuse(SettingsError(told))


def on_starting(server: Arbiter) -> None:
    """Refuse at once a port that is taken, and one that our own CLI would ask.

    gunicorn itself tries a taken port for five seconds.
    """
    inherits_its_sockets = server.master_pid != 0  # started by a USR2 upgrade
    addresses = [] if inherits_its_sockets else server.address
    for address in addresses:
        if isinstance(address, tuple):
            _refuse_own_address(*address[:2])
            refuse_taken_port(*address[:2])


def _refuse_own_address(host: str, port: int) -> None:
    try:
        refuse_own_address(host, port)
    except SettingsError as error:
        refuse(error)


def pre_fork(server: Arbiter, worker: Any) -> None:
    """Give a worker, before its fork, the lowest slot no living one has.

    What would end it waits until ``post_fork``.
    """
    taken = {getattr(other, "slot", None) for other in server.WORKERS.values()}
    slot = next(number for number in range(len(taken) + 1) if number not in taken)
    worker.slot = slot
    hold_signals()


def post_fork(server: Arbiter, worker: Any) -> None:
    """Let the worker's threads take turns, and count in files of its own.

    gunicorn ends the server when a worker says that it could not boot. Once one has
    booted that is no sign of a wrong setup, and the others serve: this one then ends
    with another exit code, and is tried again.
    """
    end_while_booting()
    sys.setswitchinterval(_SWITCHES_AFTER)
    if _BOOTED[0]:
        for name in ("WORKER_BOOT_ERROR", "APP_LOAD_ERROR"):
            setattr(server, name, _TRY_AGAIN)
    take_slot(str(worker.slot))


def post_worker_init(worker: Worker) -> None:
    """Tell the app of the server it is part of; check before the first probe asks."""
    app = _app(worker)
    runtime = part_of(app, Runtime)
    runtime.started_at = _STARTED_AT
    runtime.server_pid = worker.ppid
    runtime.drain_flag = _DRAIN_FLAG
    for listener in worker.sockets:
        address = listener.getsockname()
        if isinstance(address, tuple):
            runtime.host, runtime.port = address[:2]
    if part_of(app, Settings).log_prompts:
        worker.log.warning(_PROMPTS_SHOW)
    part_of(app, Monitor).ensure_running()
    part_of(app, Pool).open()
    _BOOTED[0] = 1


def worker_exit(server: Arbiter, worker: Worker) -> None:
    """End the background check and the warm processes."""
    del server
    exit_in_time()
    if getattr(worker, "wsgi", None):
        part_of(_app(worker), Monitor).stop()
        part_of(_app(worker), Pool).close()
        part_of(_app(worker), Ledger).close()
        part_of(_app(worker), Recorder).close()
    elif _BOOTED[0] and worker.alive:  # it failed to boot, and the next would at once
        time.sleep(_PAUSE)


def _app(worker: Worker) -> Flask:
    return cast(Flask, worker.wsgi)
