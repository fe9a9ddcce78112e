"""The current app's own state, typed: two apps in one process never meet."""

from collections.abc import Callable
from typing import cast

from flask import Flask, current_app

from app.admission import Admission
from app.health.monitor import Monitor
from app.health.results import Change
from app.metrics.counts import Metrics
from app.serving import Serving
from config.settings import Settings
from config.variables import metrics_folder


def install(app: Flask, settings: Settings) -> None:
    """Give the app its settings, what it knows of its server, and what works in it."""
    app.extensions["settings"] = settings
    app.extensions["serving"] = Serving(settings.host, settings.port)
    app.extensions["admission"] = Admission(settings.threads)
    app.extensions["metrics"] = counts = Metrics(metrics_folder())
    app.extensions["monitor"] = Monitor(settings, _count_transitions(counts))


def settings() -> Settings:
    """Return the current app's settings."""
    return cast(Settings, current_app.extensions["settings"])


def serving() -> Serving:
    """Return what the current app's process knows of itself."""
    return cast(Serving, current_app.extensions["serving"])


def monitor() -> Monitor:
    """Return the current app's monitor."""
    return cast(Monitor, current_app.extensions["monitor"])


def admission() -> Admission:
    """Return the current app's places for slow work."""
    return cast(Admission, current_app.extensions["admission"])


def metrics() -> Metrics:
    """Return what the current app counts."""
    return cast(Metrics, current_app.extensions["metrics"])


def _count_transitions(counts: Metrics) -> Callable[[Change], None]:
    def count(change: Change) -> None:
        counts.transitions.labels(change.component, change.after or "healthy").inc()

    return count
