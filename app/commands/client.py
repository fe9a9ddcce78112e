"""Asks a running server for its health; loads little, as health checks are many."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from config.address import is_loopback, own_url
from config.key import plain_key
from config.settings import Settings

_SECONDS = 5.0
_LARGEST = 64 << 10  # bytes


class CannotAsk(Exception):
    """Nobody answered, or what answered is not this proxy."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer about health: its HTTP status and its body, which have to agree."""

    status: int
    body: Mapping[str, Any]

    @property
    def healthy(self) -> bool:
        """Tell whether both say healthy; what stands between may change either."""
        return self.status == HTTPStatus.OK and self.body["status"] == "healthy"


def server(url: str | None, settings: Settings) -> Answer:
    """Return a running proxy's answer to ``/health/detailed``, healthy or not.

    ``url`` is the proxy's address, or that of one of its health endpoints. No HTTP
    proxy is used: an answer from a cache would be about another moment. The key goes to
    the proxy's own address or over loopback, nowhere else, and no redirect takes it on.

    Raises:
        CannotAsk: nobody answered within 5 s, or it was not this proxy.
    """
    address = url or own_url(settings)
    until = time.monotonic() + _SECONDS
    try:
        address = _health_url(address)
        request = Request(address, headers={"Accept": "application/json"})  # noqa: S310
        if url is None or is_loopback(address):
            _show_key(request, settings)
        with _open(request) as answer:
            status, text = answer.status, _read(answer, until)
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise CannotAsk(f"{address}: {reason}") from None
    return Answer(status, health_body(address, text))


def _show_key(request: Request, settings: Settings) -> None:
    if key := plain_key(settings.state_dir):
        request.add_unredirected_header("X-Api-Key", key)


def _open(request: Request) -> Any:
    """Open the answer, whatever its status."""
    try:
        return build_opener(ProxyHandler({})).open(request, timeout=_SECONDS)
    except HTTPError as error:
        return error


def _read(answer: Any, until: float) -> bytes:
    """Read what comes in time; a server that drips bytes is not waited for."""
    text = b""
    while chunk := answer.read1(_LARGEST):
        text += chunk
        if time.monotonic() > until or len(text) > _LARGEST:
            raise TimeoutError("no whole answer in time")
    return text


def _health_url(url: str) -> str:
    if "://" not in url:
        url = f"http://{url}"
    if urlsplit(url).path.startswith("/health"):
        return url
    return f"{url.rstrip('/')}/health/detailed"


def health_body(address: str, text: bytes) -> dict[str, Any]:
    """Return the body of a health answer of ours.

    Raises:
        CannotAsk: it is not one.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    ours = isinstance(body, dict) and body.get("service") == "claude-proxy"
    if not isinstance(body, dict) or not ours or "status" not in body:
        raise CannotAsk(f"{address}: what answers there is not claude-proxy")
    return body
