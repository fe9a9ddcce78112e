"""Composes one app of its parts: the only file that knows all rooms."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask_cors import CORS

from app import logs
from app.claude.environment import child_environment, home
from app.claude.locate import locate
from app.health.gauges import HealthCollector, build_info
from app.health.operations import OPERATIONS as HEALTH
from app.health.replay import Replay
from app.health.views import bp as health_bp
from app.messages.operations import OPERATIONS as MESSAGES
from app.messages.responses import PREFIX, http_error_response
from app.messages.views import bp as messages_bp
from app.metrics import exporter
from app.metrics.multiprocess import metrics_folder
from app.metrics.registry import Metrics
from app.monitor.monitor import Monitor
from app.monitor.state import Change
from app.pool.limits import Limits
from app.pool.pool import Pool
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
    admission, pool = Admission(settings.threads), _pool(settings)
    current.install(app, settings, runtime, metrics, monitor, admission, pool)
    requests.init_app(app)
    metrics.registry.register(HealthCollector(monitor, runtime))
    of_caller = build_info(monitor, settings)
    exporter.init_app(app, metrics, of_caller, exported=settings.metrics_enabled)
    errors.init_app(app, {PREFIX: http_error_response})
    app.register_blueprint(health_bp)
    app.register_blueprint(messages_bp)
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
    return (*HEALTH, *MESSAGES, *((_METRICS,) if metrics else ()))


def _pool(settings: Settings) -> Pool:
    def find() -> Path | None:
        search_path = child_environment().get("PATH", "")
        return locate(settings.claude_cli_path, search_path, home()).path

    limits = Limits(
        max_size=settings.pool_max,
        spares=settings.pool_spares,
        idle_seconds=settings.pool_idle,
        reuse=settings.pool_reuse,
        folder=settings.state_dir,
    )
    return Pool(limits, find)


def _count_transitions(metrics: Metrics) -> Callable[[Change], None]:
    def count(change: Change) -> None:
        metrics.transitions.labels(change.component, change.after or "healthy").inc()

    return count
