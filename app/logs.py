"""One structured line a request, with a request id; and how any line is written."""

import logging
import logging.config
import re
import time
import uuid
from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask, Response, g, request

from config.settings import LogFormat, Settings

_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_PROBES = ("/health", "/metrics")  # asked many times a minute
_LEVELS = logging.getLevelNamesMapping().__getitem__
log = structlog.get_logger(__name__)


def init_app(app: Flask, settings: Settings) -> None:
    """Log the app's requests; probes only at DEBUG, since they are many."""
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
    app.before_request(_begin)
    app.after_request(_finish)


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


def _begin() -> None:
    g.started = time.perf_counter()
    offered = request.headers.get("X-Request-ID", "")
    g.request_id = offered if _ID.fullmatch(offered) else uuid.uuid4().hex


def _finish(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    level = logging.DEBUG if request.path.startswith(_PROBES) else logging.INFO
    if logging.getLogger(__name__).isEnabledFor(level):
        log.log(
            level,
            "request",
            request_id=g.request_id,
            method=request.method,
            path=quote(request.path),
            status=response.status_code,
            duration_ms=round((time.perf_counter() - g.started) * 1000, 1),
            caller=request.remote_addr,
        )
    return response
