"""A request's id, and its one line in the log."""

import logging
import re
import time
import uuid
from urllib.parse import quote

import structlog
from flask import Flask, Response, g, request

_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_PROBES = ("/health", "/metrics", "/page/")  # asked many times a minute, like "/"
log = structlog.get_logger(__name__)


def init_app(app: Flask) -> None:
    """Give every request an id and a line; probes, being many, only at DEBUG."""
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    g.started = time.perf_counter()
    offered = request.headers.get("X-Request-ID", "")
    g.request_id = offered if _ID.fullmatch(offered) else uuid.uuid4().hex


def _finish(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    level = logging.DEBUG if _is_probe(request.path) else logging.INFO
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
            **({"client": g.client} if "client" in g else {}),
        )
    return response


def _is_probe(path: str) -> bool:
    return path == "/" or path.startswith(_PROBES)
