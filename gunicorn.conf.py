"""Hands ``config/gunicorn.py`` to a plain ``gunicorn wsgi:app``.

gunicorn takes every name here for a setting, hence the underscores.
"""

from config.gunicorn import gunicorn_options as _gunicorn_options
from config.settings import SettingsError as _SettingsError
from config.settings import load_settings as _load_settings
from config.settings import refuse as _refuse

try:
    globals().update(_gunicorn_options(_load_settings()))
except _SettingsError as _error:
    _refuse(_error)
