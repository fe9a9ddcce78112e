"""The Claude proxy whose health you can believe."""

from flask import Flask
from flask_cors import CORS

from app import errors, extensions, logs, openapi
from app.health.replay import Replay
from app.health.views import bp as health_bp
from app.metrics import exporter
from config.settings import Settings, load_settings


def create_app(settings: Settings | None = None) -> Flask:
    """Make the WSGI application; without settings it reads them from the environment.

    Raises:
        SettingsError: the environment's settings cannot be used.
    """
    settings = settings or load_settings()
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False  # a probe is never answered with a redirect
    app.url_map.merge_slashes = False
    logs.init_app(app, settings)
    extensions.install(app, settings)
    exporter.init_app(app, exported=settings.metrics_enabled)
    errors.init_app(app)
    app.register_blueprint(health_bp)
    app.register_blueprint(openapi.bp)
    if settings.log_level != "DEBUG":  # which logs every probe
        app.wsgi_app = Replay(  # type: ignore[method-assign]
            app.wsgi_app,
            *(app.extensions[name] for name in ("monitor", "serving", "metrics")),
        )
    if settings.cors_enabled:
        CORS(app, origins=list(settings.cors_origins))
    return app
