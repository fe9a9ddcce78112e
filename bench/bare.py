"""The least a server can do: a WSGI callable that returns constant bytes."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_BODY = b'{"status": "healthy", "service": "claude-proxy", "version": "0.1.0"}\n'
_HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(_BODY)))]


def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer anything with the same bytes."""
    del environ
    start_response("200 OK", _HEADERS)
    return [_BODY]
