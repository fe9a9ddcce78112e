"""Every error becomes one JSON shape, here only: the contract's, with a code."""

from datetime import UTC, datetime

import structlog
from flask import Flask, Response, g, json
from werkzeug.exceptions import HTTPException, InternalServerError

from app.health.results import Status
from app.health.schemas import TroubleSchema

log = structlog.get_logger(__name__)

# By HTTP status: the stable code, and what the caller can do.
_KNOWN = {
    404: ("not_found", "See /openapi.json for the paths there are."),
    405: ("method_not_allowed", "Use one of the methods in the Allow header."),
    503: ("overloaded", "Come back after the seconds in Retry-After."),
    500: ("internal_error", "See the proxy's log line with this request_id."),
}
_trouble = TroubleSchema()


def init_app(app: Flask) -> None:
    """Render HTTP errors and unexpected exceptions of the app."""
    app.register_error_handler(HTTPException, render)
    app.register_error_handler(Exception, render_unexpected)


def render(error: HTTPException) -> Response:
    """Write an HTTP error as JSON, keeping its status and its headers (``Allow``)."""
    status = error.code or 500
    code, remedy = _KNOWN.get(status, ("bad_request", "Correct the request."))
    g.error_code = code
    body = {
        "status": Status.ERROR,
        "timestamp": datetime.now(UTC),
        "error": error.name,
        "details": {"code": code, "remedy": remedy, "request_id": g.request_id},
    }
    text = json.dumps(_trouble.dump(body)) + "\n"
    response = Response(text, status, content_type="application/json")
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    return response


def render_unexpected(error: Exception) -> Response:
    """Log what nobody foresaw, and tell the caller only where to look."""
    log.error("request failed", request_id=g.request_id, exc_info=error)
    return render(InternalServerError())
