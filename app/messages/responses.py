"""How an answer of /v1 is written: JSON, or an error in the Messages API's shape."""

from collections.abc import Callable
from typing import Any

from flask import Response, g, json
from werkzeug.exceptions import HTTPException

from app.contract.codes import Code
from app.messages.errors import ApiError, ours

PREFIX = "/v1/"
_PASSED_ON = ("Allow", "Retry-After")


def json_response(body: Any, status: int = 200) -> Response:
    """Write what is no stream; bytes are JSON already."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return with_id(Response(text, status, content_type="application/json"))


def error_response(error: ApiError) -> Response:
    """Write an error, and tell the metrics its code, or its type where it has none."""
    g.error_code = error.code or error.known_type
    response = with_id(json_response(error.text(g.request_id), error.status))
    response.headers.update(error.headers())
    return response


def http_error_response(
    error: HTTPException, write: Callable[[ApiError], Response] = error_response
) -> Response:
    """Write what Flask refuses: a path there is not, a method, a fault of our own.

    ``write`` is how the API that was asked writes its errors.
    """
    status = error.code or 500
    if status >= 500:
        return write(ours(Code.INTERNAL_ERROR, status=500))
    sentence = f"{error.name}: see /openapi.json for what there is."
    response = write(ApiError(status, sentence))
    for name, value in error.get_headers():
        if name in _PASSED_ON:
            response.headers[name] = value
    return response


def with_id(response: Response) -> Response:
    """Name the request as the API does; the same id stands in the log."""
    response.headers["request-id"] = g.request_id
    return response
