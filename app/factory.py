"""Composes one app of its parts: the only file that knows all rooms."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from flask import Flask
from flask_cors import CORS

from app import logs
from app.callers.keys import Keys
from app.callers.ledger import Ledger, Tally
from app.callers.limits import Gate
from app.callers.places import Places
from app.claude.environment import child_environment, home
from app.claude.locate import locate
from app.claude.login import read_login
from app.health.gauges import HealthCollector, view_of
from app.health.operations import OPERATIONS as HEALTH
from app.health.replay import Replay
from app.health.views import bp as health_bp
from app.history.archive import Archive, history_subject
from app.history.recorder import Recorder
from app.messages.counting import Counting
from app.messages.course import Listeners
from app.messages.held import Held
from app.messages.models import models_known
from app.messages.operations import OPERATIONS as MESSAGES
from app.messages.responses import PREFIX, http_error_response
from app.messages.views import bp as messages_bp
from app.metrics import exporter
from app.metrics.multiprocess import metrics_folder
from app.metrics.registry import Metrics
from app.monitor.monitor import Monitor
from app.monitor.state import Change
from app.openai import errors as openai
from app.openai.operations import OPERATIONS as OPENAI
from app.openai.views import bp as openai_bp
from app.page.past import Past
from app.page.views import OPERATIONS as PAGE
from app.page.views import bp as page_bp
from app.pool.limits import Limits
from app.pool.outcome import Outcome
from app.pool.pool import Pool
from app.runtime import Runtime
from app.web import current, errors, openapi, requests
from app.web.admission import Admission, Turns
from app.web.forwarded import Forwarded
from app.web.openapi import Operation
from config.loading import load_settings
from config.settings import Settings

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
    admission = Admission(settings.max_concurrent_requests)
    keys = Keys(settings.proxy_api_keys_file, settings.proxy_api_key)
    ledger = Ledger(settings.state_dir)
    gate = Gate(ledger, Places(settings.state_dir / "callers"))
    pool = _pool(settings, metrics, keys)
    archive = Archive(settings.state_dir, history_subject(settings))
    recorder = Recorder(archive, lambda: pool.stats()["pool_size"])
    monitor = Monitor(
        settings,
        runtime,
        _count_transitions(metrics),
        require=pool.selftest.require,
        on_look=recorder.look,
    )
    counting, note_usage = _counting(metrics, settings, pool), _note_usage(ledger)
    held = Held(lambda: read_login(child_environment()).identity)
    listeners = Listeners(
        monitor.take_in, held.take_in, recorder.take_in, counting, note_usage
    )
    past = (archive, recorder, Past(archive), Turns())
    parts = (keys, ledger, gate, admission, pool, held, listeners, *past)
    current.install(app, settings, runtime, metrics, monitor, *parts)
    requests.init_app(app)
    metrics.registry.register(HealthCollector(monitor, runtime))
    view = view_of(monitor, settings)
    exporter.init_app(app, metrics, view, exported=settings.metrics_enabled)
    written = partial(http_error_response, write=openai.error_response)
    of_openai = dict.fromkeys(openai.PREFIXES, written)
    errors.init_app(app, {**of_openai, PREFIX: http_error_response})
    app.register_blueprint(health_bp)
    app.register_blueprint(page_bp)
    app.register_blueprint(messages_bp)
    app.register_blueprint(openai_bp)
    described = operations(metrics=settings.metrics_enabled)
    app.register_blueprint(openapi.blueprint(described))
    if settings.trusted_proxies:
        believing = Forwarded(app.wsgi_app, settings.trusted_proxies)
        app.wsgi_app = believing  # type: ignore[method-assign]
    if settings.log_level != "DEBUG":  # which logs every probe
        replay = Replay(app.wsgi_app, monitor, metrics)
        app.wsgi_app = replay  # type: ignore[method-assign]
    if settings.cors_enabled:
        CORS(app, origins=list(settings.cors_origins))
    return app


def operations(*, metrics: bool) -> tuple[Operation, ...]:
    """Return the description of every endpoint, with or without ``/metrics``."""
    return (*HEALTH, *PAGE, *MESSAGES, *OPENAI, *((_METRICS,) if metrics else ()))


def _pool(settings: Settings, metrics: Metrics, keys: Keys) -> Pool:
    def find() -> Path | None:
        search_path = child_environment().get("PATH", "")
        found = locate(settings.claude_cli_path, search_path, home())
        return found.path or found.unusable

    limits = Limits(
        max_size=settings.pool_max,
        spares=settings.pool_spares,
        idle_seconds=settings.pool_idle,
        reuse=settings.pool_reuse,
        folder=settings.state_dir,
    )
    return Pool(limits, find, figures=metrics.pool, knows=keys.knows)


def _counting(metrics: Metrics, settings: Settings, pool: Pool) -> Counting:
    def known() -> tuple[str, ...]:
        return models_known(settings.models, pool.models)

    return Counting(metrics.messages, known)


def _note_usage(ledger: Ledger) -> Callable[[Outcome], None]:
    def note(outcome: Outcome) -> None:
        used = asdict(outcome.usage)
        ledger.note(outcome.caller, Tally(1, int(outcome.failed), **used))

    return note


def _count_transitions(metrics: Metrics) -> Callable[[Change], None]:
    def count(change: Change) -> None:
        metrics.transitions.labels(change.component, change.after or "healthy").inc()

    return count
