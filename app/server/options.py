"""gunicorn's side of the settings: bind, workers, threads, logging, hooks."""

import math
from typing import Any

from gunicorn.glogging import Logger

from app.logs import logging_config
from app.server.hooks import hooks
from app.server.stopping import ENDS_WITHIN
from app.server.worker import HeadersFirstWorker
from config.settings import Settings

# Seconds; above the 60 that load balancers keep connections, so that they close first.
_KEEP_ALIVE = 75


class NoAccessLog(Logger):
    """gunicorn's logger without its access log: ``web/requests.py`` writes that line.

    With a logging configuration of ours gunicorn would make every access line, at a
    quarter of what the whole answer costs, and then have nowhere to write it.
    """

    def access(self, *args: Any, **kwargs: Any) -> None:
        """Write nothing."""


def gunicorn_options(settings: Settings) -> dict[str, Any]:
    """Return gunicorn's options, by the names it knows them by; changes nothing."""
    return {
        "bind": [bind_address(settings)],
        "workers": settings.workers,
        "threads": settings.threads,
        "worker_class": HeadersFirstWorker,
        "worker_connections": settings.max_connections,
        "keepalive": _KEEP_ALIVE,
        # No proxy may set SCRIPT_NAME: another path than the one it let through.
        "forwarder_headers": "",
        "forwarded_allow_ips": "",
        # The worker itself ends its answers before, so that each is told why.
        "graceful_timeout": math.ceil(settings.graceful_timeout + ENDS_WITHIN),
        "logconfig_dict": logging_config(settings),
        "logger_class": NoAccessLog,
        # One path a user by default: a second instance would take over the first's.
        "control_socket_disable": True,
        **hooks(settings),
    }


def bind_address(settings: Settings) -> str:
    """Return ``host:port`` as gunicorn takes it, an IPv6 address in brackets."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"
