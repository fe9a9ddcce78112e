"""Asks a running server; loads little, as health checks are many."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request

from app.commands.in_time import opener
from config.address import is_loopback, own_url
from config.key import plain_key
from config.settings import Settings

SECONDS = 5.0
_LARGEST = 64 << 10  # bytes, of an answer about health
_LARGEST_USAGE = 16 << 20
_STRANGER = "what answers there is not claude-proxy"


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
    try:
        address = _health_url(address)
    except ValueError as error:
        raise CannotAsk(f"{address}: {error}") from None
    status, text = _ask(address, settings, _LARGEST, own=url is None)
    return Answer(status, health_body(address, text))


def usage(url: str | None, since: str | None, settings: Settings) -> dict[str, Any]:
    """Return a running proxy's answer to ``/v1/usage``, asked as in ``server``.

    Raises:
        CannotAsk: nobody answered within 5 s, it was not this proxy, or it refused.
    """
    address = f"{_with_scheme(url or own_url(settings)).rstrip('/')}/v1/usage"
    if since is not None:
        address += f"?{urlencode({'since': since})}"
    _, text = _ask(address, settings, _LARGEST_USAGE, own=url is None)
    body = _object(text)
    if isinstance(error := body.get("error"), dict):
        raise CannotAsk(f"{address}: {error.get('message')}")
    if not isinstance(body.get("data"), list):
        raise CannotAsk(f"{address}: {_STRANGER}")
    return body


def _ask(
    address: str, settings: Settings, largest: int, *, own: bool
) -> tuple[int, bytes]:
    """Return the status and the text that an address answers with.

    Raises:
        CannotAsk: it does not, or not in time.
    """
    until = time.monotonic() + SECONDS
    try:
        request = Request(address, headers={"Accept": "application/json"})  # noqa: S310
        if own or is_loopback(address):
            _show_key(request, settings)
        with _open(request, until) as answer:
            return answer.status, _read(answer, largest)
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise CannotAsk(f"{address}: {reason}") from None


def _show_key(request: Request, settings: Settings) -> None:
    if key := plain_key(settings.state_dir):
        request.add_unredirected_header("X-Api-Key", key)


def _open(request: Request, until: float) -> Any:
    """Open the answer, whatever its status."""
    try:
        return opener(until).open(request, timeout=SECONDS)
    except HTTPError as error:
        return error


def _read(answer: Any, largest: int) -> bytes:
    """Read what comes; ``in_time`` sees to it that it comes in time."""
    text: bytes = answer.read(largest + 1)
    if len(text) > largest:
        raise ValueError(f"it answers with more than {largest} bytes")
    return text


def _health_url(url: str) -> str:
    url = _with_scheme(url)
    if urlsplit(url).path.startswith("/health"):
        return url
    return f"{url.rstrip('/')}/health/detailed"


def _with_scheme(url: str) -> str:
    return url if "://" in url else f"http://{url}"


def health_body(address: str, text: bytes) -> dict[str, Any]:
    """Return the body of a health answer of ours.

    Raises:
        CannotAsk: it is not one.
    """
    body = _object(text)
    if body.get("service") != "claude-proxy" or "status" not in body:
        raise CannotAsk(f"{address}: {_STRANGER}")
    return body


def _object(text: bytes) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    return body if isinstance(body, dict) else {}
