"""Asks for the health from the command line: a running server, or here and now."""

import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from app import create_app
from config.settings import Settings

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104
_SECONDS = 5.0
_LARGEST = 64 << 10  # bytes


class CannotAsk(Exception):
    """Nobody answered, or what answered is not this proxy."""


def server(url: str | None, settings: Settings) -> dict[str, Any]:
    """Return the body of a running proxy's ``/health/detailed``, healthy or not.

    ``url`` is the proxy's address, or that of one of its health endpoints. No HTTP
    proxy is used: an answer from a cache would be about another moment.

    Raises:
        CannotAsk: nobody answered within 5 s, or it was not this proxy.
    """
    address = _health_url(url or _own_url(settings))
    try:
        request = Request(address, headers={"Accept": "application/json"})  # noqa: S310
        with build_opener(ProxyHandler({})).open(request, timeout=_SECONDS) as answer:
            text = answer.read(_LARGEST)
    except HTTPError as error:
        text = error.read(_LARGEST)
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise CannotAsk(f"{address}: {reason}") from None
    return _health_body(address, text)


def here(settings: Settings) -> dict[str, Any]:
    """Check the CLI in this process and return what ``/health/detailed`` would say."""
    app = create_app(settings)
    app.extensions["monitor"].check()
    answer = app.test_client().get("/health/detailed")
    return _health_body("here", answer.data)


def _own_url(settings: Settings) -> str:
    host = _ANY.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _health_url(url: str) -> str:
    if "://" not in url:
        url = f"http://{url}"
    return url if "/health" in url else f"{url.rstrip('/')}/health/detailed"


def _health_body(address: str, text: bytes) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict) or body.get("service") != "claude-proxy":
        raise CannotAsk(f"{address}: what answers there is not claude-proxy")
    return body
