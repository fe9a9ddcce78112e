"""gunicorn's side of the settings: bind, workers, threads, hooks."""

import math
from typing import Any, cast

from flask import Flask
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from app import extensions
from app.logs import logging_config
from app.port import refuse_taken_port
from app.shutdown import drain_on_term
from app.worker import HeadersFirstWorker
from config import shared
from config.settings import Settings


class NoAccessLog(Logger):
    """gunicorn's logger without its access log: ``app/logs.py`` writes that line.

    With a logging configuration of ours gunicorn would make every access line, at a
    quarter of what the whole answer costs, and then have nowhere to write it.
    """

    def access(self, *args: Any, **kwargs: Any) -> None:
        """Write nothing."""


def gunicorn_options(settings: Settings) -> dict[str, Any]:
    """Return gunicorn's options, by the names it knows them by."""
    shared.share_metrics(settings.state_dir)

    def when_ready(server: Arbiter) -> None:
        """Let SIGTERM drain first; gunicorn has set its own handlers by now."""
        del server
        drain_on_term(shared.DRAIN_FLAG, settings.drain_seconds)

    return {
        "bind": [bind_address(settings)],
        "workers": settings.workers,
        "threads": settings.threads,
        "worker_class": HeadersFirstWorker,
        "worker_connections": settings.max_connections,
        "graceful_timeout": math.ceil(settings.graceful_timeout),
        "logconfig_dict": logging_config(settings),
        "logger_class": NoAccessLog,
        # One path a user by default: a second instance would take over the first's.
        "control_socket_disable": True,
        "on_starting": on_starting,
        "when_ready": when_ready,
        "pre_fork": shared.choose_slot,
        "post_fork": post_fork,
        "post_worker_init": post_worker_init,
        "worker_exit": worker_exit,
        "child_exit": child_exit,
    }


def bind_address(settings: Settings) -> str:
    """Return ``host:port`` as gunicorn takes it, an IPv6 address in brackets."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


def on_starting(server: Arbiter) -> None:
    """Refuse a port that is taken at once; gunicorn itself tries for five seconds."""
    inherits_its_sockets = server.master_pid != 0  # started by a USR2 upgrade
    addresses = [] if inherits_its_sockets else server.address
    for address in addresses:
        if isinstance(address, tuple):
            refuse_taken_port(*address[:2])


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Let the worker count in files of its own, before it makes its app."""
    del server
    shared.take_slot(worker)


def post_worker_init(worker: Worker) -> None:
    """Tell the app of the server it is part of; check before the first probe asks."""
    with _app(worker).app_context():
        serving = extensions.serving()
        serving.started_at = shared.STARTED_AT
        serving.server_pid = worker.ppid
        serving.drain_flag = shared.DRAIN_FLAG
        for listener in worker.sockets:
            address = listener.getsockname()
            if isinstance(address, tuple):
                serving.host, serving.port = address[:2]
        extensions.monitor().ensure_running()


def worker_exit(server: Arbiter, worker: Worker) -> None:
    """End the background check, and a child it may be waiting for."""
    del server
    if getattr(worker, "wsgi", None):  # missing where the worker failed to boot
        with _app(worker).app_context():
            extensions.monitor().stop()


def child_exit(server: Arbiter, worker: Worker) -> None:
    """Free what a worker held; the master comes here after a SIGKILL, too."""
    del server
    shared.free_slot(worker)


def _app(worker: Worker) -> Flask:
    return cast(Flask, worker.wsgi)
