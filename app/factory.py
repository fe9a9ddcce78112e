"""Composes one app of its parts: the only file that knows all rooms."""

from collections.abc import Callable

from flask import Flask
from flask_cors import CORS

from app import logs
from app.health.gauges import HealthCollector, build_info
from app.health.operations import OPERATIONS as HEALTH
from app.health.replay import Replay
from app.health.views import bp as health_bp
from app.metrics import exporter
from app.metrics.multiprocess import metrics_folder
from app.metrics.registry import Metrics
from app.monitor.monitor import Monitor
from app.monitor.state import Change
from app.runtime import Runtime
from app.web import current, errors, openapi, requests
from app.web.admission import Admission
from app.web.openapi import Operation
from config.settings import Settings, load_settings

_METRICS = Operation(
    exporter.PATH,
    "Metrics for Prometheus, as text or OpenMetrics.",
    texts=("text/plain", "application/openmetrics-text"),
    keyed=True,
)


def compose(settings: Settings | None = None) -> Flask:
    """Make the WSGI application; see ``app.create_app``."""
    settings = settings or load_settings()
    app = Flask("app", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False  # a probe is never answered with a redirect
    app.url_map.merge_slashes = False
    logs.configure(settings)
    runtime = Runtime(settings.host, settings.port)
    metrics = Metrics(metrics_folder())
    monitor = Monitor(settings, runtime, _count_transitions(metrics))
    parts = (settings, runtime, metrics, monitor, Admission(settings.threads))
    current.install(app, *parts)
    requests.init_app(app)
    metrics.registry.register(HealthCollector(monitor, runtime))
    of_caller = build_info(monitor, settings)
    exporter.init_app(app, metrics, of_caller, exported=settings.metrics_enabled)
    errors.init_app(app)
    app.register_blueprint(health_bp)
    described = operations(metrics=settings.metrics_enabled)
    app.register_blueprint(openapi.blueprint(described))
    if settings.log_level != "DEBUG":  # which logs every probe
        replay = Replay(app.wsgi_app, monitor, metrics)
        app.wsgi_app = replay  # type: ignore[method-assign]
    if settings.cors_enabled:
        CORS(app, origins=list(settings.cors_origins))
    return app


def operations(*, metrics: bool) -> tuple[Operation, ...]:
    """Return the description of every endpoint, with or without ``/metrics``."""
    return (*HEALTH, _METRICS) if metrics else HEALTH


def _count_transitions(metrics: Metrics) -> Callable[[Change], None]:
    def count(change: Change) -> None:
        metrics.transitions.labels(change.component, change.after or "healthy").inc()

    return count
