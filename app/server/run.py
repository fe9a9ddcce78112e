"""gunicorn started from Python; the port is looked at before anything starts."""

import os
from collections.abc import Mapping
from typing import Any

from gunicorn.app.base import BaseApplication

from app import create_app
from app.metrics.multiprocess import share_metrics
from app.server.key import make_key
from app.server.options import gunicorn_options
from app.server.port import refuse_taken_port
from config.loading import load_settings


class Server(BaseApplication):
    """One gunicorn, set up by our settings alone; HUP reads them again."""

    def __init__(self, options: Mapping[str, str]) -> None:
        """Take command-line options by variable name; they override the environment."""
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand our settings to gunicorn."""
        for name, value in gunicorn_options(load_settings(self.options)).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the WSGI application, in each worker."""
        return create_app(load_settings(self.options))


def serve(options: Mapping[str, str]) -> None:
    """Serve until a signal ends it.

    Raises:
        SettingsError: the settings cannot be used.
        SystemExit: the address cannot be had (1), or gunicorn ended (its exit code).
    """
    settings = load_settings(options)
    if "GUNICORN_PID" not in os.environ:  # else USR2 hands us the port, still in use
        refuse_taken_port(settings.host, settings.port)
    make_key(settings)
    share_metrics(settings.state_dir)
    Server(options).run()
