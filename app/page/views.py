"""``GET /``: the status page, and the three files that belong to it."""

import gzip
import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from app.components.api_server import ApiServer
from app.contract.codes import Code, Status
from app.health.notices import warnings
from app.monitor.monitor import Monitor
from app.page import words
from app.page.past import Past
from app.runtime import VERSION, Runtime
from app.web.access import sees_details
from app.web.current import current
from app.web.openapi import Operation
from config.settings import Settings

bp = Blueprint("page", __name__, template_folder="templates")
for _word in (words.title, words.reason, words.state, words.pieces, words.at):
    bp.add_app_template_filter(_word)
for _number in (words.percent, words.lasting):
    bp.add_app_template_filter(_number)

OPERATIONS = (
    Operation("/", "The status page.", texts=("text/html",), keyed=True),
    Operation(
        "/page/{name}",
        "A file of the status page.",
        texts=("text/css", "text/javascript", "image/svg+xml"),
    ),
)
_STATIC = Path(__file__).with_name("static")
_FILES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
# Nothing from elsewhere, nothing within the page that acts, in nobody's frame.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HTML = "text/html; charset=utf-8"


@bp.get("/")
def page() -> Response:
    """Show the health and its past; 200 also of an unhealthy service.

    It is a page about the health and not the answer of a probe: that is ``/health``.
    Claude Code asks with HEAD whether anybody is here.
    """
    if request.method == "HEAD":
        return Response(status=200, headers=_HEADERS, content_type=_HTML)
    report = current(Monitor).report()
    trusted = sees_details(request, current(Settings))
    text = render_template(
        "page.html",
        report=report,
        verdict=words.verdict(report),
        trusted=trusted,
        warnings=warnings(report) if trusted else (),
        past=current(Past).view(tuple(report.components)),
        server_name=ApiServer.name,
        server=_server(),
        fingerprint=_fingerprint,
        moment=lambda when: words.moment(when, report.timestamp),
        span=lambda start, end: words.span(start, end, report.timestamp),
        shown=_shown,
    )
    return _compressed(text.encode())


@bp.get("/page/<name>")
def file(name: str) -> Response:
    """Hand out a file of the page; its address changes with its content."""
    if name not in _FILES:
        abort(404)
    headers = {**_HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_content(name), 200, headers, content_type=_FILES[name])


def _server() -> dict[str, Any]:
    runtime = current(Runtime)
    return {
        "status": Status.UNHEALTHY if runtime.draining else Status.HEALTHY,
        "code": Code.DRAINING if runtime.draining else None,
        "started": runtime.started,
        "described": {"version": VERSION, "host": runtime.host, "port": runtime.port},
    }


def _shown(value: object) -> str | None:
    """Return what is shown of what a component says of itself; None: nothing."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int | float | Path) else None


def _compressed(body: bytes) -> Response:
    """Answer in a seventh of the bytes: an open page asks once a second."""
    headers = {**_HEADERS, "Vary": "Accept-Encoding"}
    if request.accept_encodings.quality("gzip") > 0:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, compresslevel=1)
    return Response(body, 200, headers, content_type=_HTML)


@cache
def _content(name: str) -> bytes:
    return (_STATIC / name).read_bytes()


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:12]
