"""How any log line is written: structured, to stderr, gunicorn's own lines as well."""

import logging
import logging.config
from typing import Any

import structlog

from config.choices import LogFormat
from config.settings import Settings

_LEVELS = logging.getLevelNamesMapping().__getitem__


def configure(settings: Settings) -> None:
    """Write every line of this process as the settings say."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logging.config.dictConfig(logging_config(settings))


def logging_config(settings: Settings) -> dict[str, Any]:
    """Return the logging configuration, for gunicorn's own lines as well: to stderr."""
    text = settings.log_format is LogFormat.TEXT
    last = (
        structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
        if text
        else structlog.processors.JSONRenderer()
    )
    common = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True),
        structlog.processors.format_exc_info,
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": common,
                "processors": [
                    *common,
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    last,
                ],
            }
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "lines"}
        },
        "root": {"level": settings.log_level, "handlers": ["stderr"]},
        "loggers": {
            # At DEBUG gunicorn writes several lines of its own a request.
            "gunicorn.error": {
                "level": max(settings.log_level, "INFO", key=_LEVELS),
                "propagate": True,
            },
        },
    }
