"""Every error becomes one JSON shape, here only: the contract's, with a code.

A part of the paths that has a shape of its own (the Messages API's) brings it along.
"""

from collections.abc import Callable, Mapping

import structlog
from flask import Flask, Response, g, json, request
from werkzeug.exceptions import HTTPException, InternalServerError

from app.contract.codes import Code
from app.contract.problem import problem

log = structlog.get_logger(__name__)

_CODES = {
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    500: Code.INTERNAL_ERROR,
    503: Code.OVERLOADED,
}


Shape = Callable[[HTTPException], Response]


def init_app(app: Flask, shapes: Mapping[str, Shape]) -> None:
    """Render HTTP errors and unexpected exceptions; ``shapes`` by begins of paths."""

    def render(error: HTTPException) -> Response:
        own = (s for prefix, s in shapes.items() if request.path.startswith(prefix))
        return next(own, _problem)(error)

    def render_unexpected(error: Exception) -> Response:
        """Log what nobody foresaw, and tell the caller only where to look."""
        log.error("request failed", request_id=g.request_id, exc_info=error)
        return render(InternalServerError())

    app.register_error_handler(HTTPException, render)
    app.register_error_handler(Exception, render_unexpected)


def _problem(error: HTTPException) -> Response:
    """Write an HTTP error as JSON, keeping its status and its headers (``Allow``)."""
    status = error.code or 500
    code = _CODES.get(status, Code.BAD_REQUEST)
    g.error_code = code.value
    body = problem(code, error=error.name, request_id=g.request_id)
    text = json.dumps(body) + "\n"
    response = Response(text, status, content_type="application/json")
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    return response
