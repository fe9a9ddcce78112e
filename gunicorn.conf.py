"""Hands ``app/server/options.py`` to a plain ``gunicorn wsgi:app``.

gunicorn takes every name here for a setting, hence the underscores.
"""

from app.metrics.multiprocess import share_metrics as _share_metrics
from app.server.key import make_key as _make_key
from app.server.options import gunicorn_options as _gunicorn_options
from config.loading import SettingsError as _SettingsError
from config.loading import load_settings as _load_settings
from config.loading import refuse as _refuse

try:
    _settings = _load_settings()
    _make_key(_settings)
    _share_metrics(_settings.state_dir)  # before a preloaded app counts anything
    globals().update(_gunicorn_options(_settings))
except _SettingsError as _error:
    _refuse(_error)
