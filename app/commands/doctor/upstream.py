"""The API's host: whether it is reached, and what its clock says of ours."""

import re
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPRedirectHandler,
    HTTPSHandler,
    Request,
    build_opener,
)

from app.claude.environment import child_environment
from app.claude.login import Method, read_login
from app.commands.doctor.finding import Case, Finding, Name, bad, ok, warn
from app.contract.fields import written

_USUAL = "https://api.anthropic.com"
_SECONDS = 5.0
_UNTIDY, _WRONG = 60, 300  # seconds by which the clock may differ
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_REMEDY = (
    "Look at this machine's network and DNS, at HTTPS_PROXY and NO_PROXY, and at"
    " ANTHROPIC_BASE_URL."
)
_CERTIFICATE = (
    "Look at the clock, and name the authority of your network's proxy in"
    " NODE_EXTRA_CA_CERTS, if one stands between."
)
_CLOCK = "Set the clock, and have it kept (timedatectl set-ntp true)."


def examine_upstream(case: Case) -> Iterator[Finding]:
    """Connect to the API's host as the CLI would, without a login and without a token.

    ``HEAD /`` is all that is asked, as the CLI itself does at its start.
    """
    del case
    environment = child_environment()
    if read_login(environment).method is Method.THIRD_PARTY:
        seen = "not looked at: the CLI asks Bedrock, Vertex or Foundry"
        yield ok(Name.UPSTREAM, seen)
        yield _clock(None)
        return
    date = None
    try:
        address = _address(environment.get("ANTHROPIC_BASE_URL") or _USUAL)
    except ValueError:
        remedy = "Write it as https://host, or unset it."
        yield bad(Name.UPSTREAM, "ANTHROPIC_BASE_URL is no address", remedy)
    else:
        finding, date = _reach(address, environment.get("NODE_EXTRA_CA_CERTS"))
        yield finding
    yield _clock(date)


def _address(url: str) -> str:
    """Return scheme, host and port alone: the rest of a URL may hold a secret.

    Raises:
        ValueError: it has none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no address")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def _reach(address: str, authorities: str | None) -> tuple[Finding, str | None]:
    """Ask for nothing; return the finding, and the Date that the answer has."""
    began = time.monotonic()
    try:
        date = _ask(address, authorities)
    except (OSError, HTTPException, ValueError) as error:
        return _unreached(address, error), None
    took = time.monotonic() - began
    return ok(Name.UPSTREAM, f"{address} answers ({took:.2f} s, no token spent)"), date


def _unreached(address: str, error: Exception) -> Finding:
    reason = getattr(error, "reason", None)
    cause = reason if isinstance(reason, OSError) else error
    certificate = isinstance(cause, ssl.SSLCertVerificationError)
    remedy = _CERTIFICATE if certificate else _REMEDY
    return bad(Name.UPSTREAM, f"{address}: {_sentence(cause)}", remedy)


class _NoRedirect(HTTPRedirectHandler):
    """A redirect is an answer too: whoever it leads to was not asked for."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none."""


def _ask(address: str, authorities: str | None) -> str | None:
    context = ssl.create_default_context()
    if authorities and Path(authorities).is_file():
        context.load_verify_locations(authorities)
    # Through the HTTP proxies of the environment, as the CLI goes.
    opener = build_opener(HTTPSHandler(context=context), _NoRedirect())
    request = Request(  # noqa: S310
        f"{address}/", method="HEAD", headers={"Cache-Control": "no-cache"}
    )
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            date: str | None = answer.headers.get("Date")
    except HTTPError as error:
        with error:
            date = error.headers.get("Date")
    return date


def _sentence(error: Exception) -> str:
    """Say why in words of the system: an error's own text may hold a URL's secrets."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return f"no answer within {_SECONDS:.0f} s"
    if isinstance(error, socket.gaierror):
        return f"its name is not found ({error.strerror})"
    if found := _TUNNEL.search(str(error)):
        return f"the HTTP proxy refuses the way there (HTTP status {found[1]})"
    if (
        isinstance(error, OSError)
        and error.strerror
        and not isinstance(error, URLError)
    ):
        return error.strerror
    return f"what answers there is no HTTP server ({type(error).__name__})"


def _clock(date: str | None) -> Finding:
    """Compare the clock with the upstream's; without one, with our own files' times.

    A server of ours runs on the same clock, so its Date would prove nothing.
    """
    now, name = datetime.now(UTC), Name.CLOCK
    shown = written(now)
    if (theirs := _parsed(date)) is not None:
        off = (now - theirs).total_seconds()
        seen = (
            f"{shown}, {abs(off):.0f} s {'after' if off > 0 else 'before'} upstream's"
        )
        if abs(off) > _WRONG:
            return bad(name, seen, _CLOCK)
        return warn(name, seen, _CLOCK) if abs(off) > _UNTIDY else ok(name, seen)
    installed = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    if now < installed:
        seen = f"{shown}, before this proxy was installed ({installed:%Y-%m-%d})"
        return bad(name, seen, _CLOCK)
    return ok(name, f"{shown}; no other clock to compare with")


def _parsed(date: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except ValueError:
        return None
