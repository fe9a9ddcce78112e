"""The current app's own state, typed: two apps in one process never meet."""

from typing import cast

from flask import Flask, Response, current_app

from app.health.monitor import Monitor
from app.serving import Serving
from config.settings import Settings


def install(app: Flask, settings: Settings) -> None:
    """Give the app its settings, its counts and its monitor."""
    app.extensions["settings"] = settings
    app.extensions["serving"] = Serving(settings.host, settings.port)
    app.extensions["monitor"] = Monitor(settings)
    app.after_request(_count)


def settings() -> Settings:
    """Return the current app's settings."""
    return cast(Settings, current_app.extensions["settings"])


def serving() -> Serving:
    """Return what the current app's process knows of itself."""
    return cast(Serving, current_app.extensions["serving"])


def monitor() -> Monitor:
    """Return the current app's monitor."""
    return cast(Monitor, current_app.extensions["monitor"])


def _count(response: Response) -> Response:
    serving().count(response.status_code)
    return response
