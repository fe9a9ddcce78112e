"""What went wrong, in OpenAI's shape, with the Messages API's status and headers."""

from flask import Response, g

from app.messages.answering import as_api_error
from app.messages.errors import ApiError
from app.messages.malformed import Malformed
from app.messages.responses import json_response
from app.openai.answers import error_object
from app.openai.unsupported import Unsupported

_TOO_LONG = "prompt is too long"  # the API's words, and but for a capital the CLI's
PREFIXES = ("/v1/chat/", "/v1/responses")


def error_response(error: Exception) -> Response:
    """Write what a request was refused for, or ended with."""
    told = as_api_error(error)
    param = error.place or None if isinstance(error, Malformed) else None
    code = _code(error, told)
    g.error_code = code or told.code or told.known_type
    response = json_response({"error": error_object(told, param, code)}, told.status)
    response.headers.update(told.headers())
    return response


def _code(error: Exception, told: ApiError) -> str | None:
    if isinstance(error, Unsupported):
        return "unsupported_parameter"
    if isinstance(error, Malformed):
        return "invalid_value"
    if told.status == 400 and told.message.lower().startswith(_TOO_LONG):
        return "context_length_exceeded"
    if told.status == 401 and told.code is None:
        return "invalid_api_key"
    return None
