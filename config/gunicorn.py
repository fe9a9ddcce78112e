"""gunicorn's side of the settings: bind, workers, threads, hooks."""

from typing import Any, cast

from flask import Flask
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from app import extensions
from app.logs import logging_config
from app.port import refuse_taken_port
from config.settings import Settings


def gunicorn_options(settings: Settings) -> dict[str, Any]:
    """Return gunicorn's options, by the names it knows them by."""
    return {
        "bind": [bind_address(settings)],
        "workers": settings.workers,
        "threads": settings.threads,
        "worker_class": "gthread",
        "logconfig_dict": logging_config(settings),
        # One path a user by default: a second instance would take over the first's.
        "control_socket_disable": True,
        "on_starting": on_starting,
        "post_worker_init": post_worker_init,
        "worker_exit": worker_exit,
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


def post_worker_init(worker: Worker) -> None:
    """Start checking before the first probe asks; note the address really bound."""
    with _app(worker).app_context():
        for listener in worker.sockets:
            address = listener.getsockname()
            if isinstance(address, tuple):
                extensions.serving().listen_at(*address[:2])
        extensions.monitor().ensure_running()


def worker_exit(server: Arbiter, worker: Worker) -> None:
    """End the background check, and a child it may be waiting for."""
    del server
    if getattr(worker, "wsgi", None):  # missing where the worker failed to boot
        with _app(worker).app_context():
            extensions.monitor().stop()


def _app(worker: Worker) -> Flask:
    return cast(Flask, worker.wsgi)
