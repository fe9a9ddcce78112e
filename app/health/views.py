"""The health endpoints: each asks the monitor one question and writes the answer."""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, g, json, request

from app.components.api_server import ApiServer, check_api_server
from app.contract.codes import Code, Status
from app.contract.problem import problem
from app.database import DatabaseError
from app.health import health_json, history, text
from app.health.faces import BadQuestion, Face, face_of
from app.health.notices import warnings
from app.health.schemas import DetailedHealthSchema, HealthStatusesSchema, HealthySchema
from app.history.archive import Archive
from app.metrics.registry import Metrics
from app.monitor.monitor import Monitor
from app.monitor.report import Report
from app.runtime import VERSION, Runtime
from app.web.access import sees_details
from app.web.admission import Turns
from app.web.current import current
from config.settings import Settings

bp = Blueprint("health", __name__)

_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept"}
_healthy = HealthySchema()
_statuses, _detailed = HealthStatusesSchema(), DetailedHealthSchema()


@bp.get("/health")
def health() -> Response:
    """Say whether to send this service traffic: 200, 503 or 500."""
    report = current(Monitor).report()
    face = _face()
    if face is Face.TEXT:
        return _reported(text.line(report).encode(), report, face)
    if face is Face.HEALTH_JSON:
        return _reported(_bytes(health_json.brief(report)), report, face)
    trusted = report.code is not None and _caller_sees_details()
    return _reported(_basic_body(report, trusted), report, face)


@bp.get("/health/detailed")
def detailed() -> Response:
    """Say what is wrong, since when, and what to do."""
    report = current(Monitor).report()
    trusted, face = _caller_sees_details(), _face()
    if face is Face.TEXT:
        body = text.lines(report, trusted=trusted).encode()
    elif face is Face.HEALTH_JSON:
        body = _bytes(health_json.detailed(report, trusted=trusted))
    else:
        body = _detailed_body(report, trusted)
    return _reported(body, report, face)


@bp.get("/health/live")
def live() -> Response:
    """Say that this process serves, and nothing else: no restart cures a login."""
    face, now = _face(), datetime.now(UTC)
    body = {"status": Status.HEALTHY, "timestamp": now, "version": VERSION}
    written = {
        Face.TEXT: f"{text.SERVICE}: {Status.HEALTHY}\n".encode(),
        Face.HEALTH_JSON: _bytes(health_json.ALIVE),
    }
    return _answer(written.get(face) or _bytes(_healthy.dump(body)), 200, face)


@bp.get("/health/history")
def past() -> Response:
    """Say what the health and the work have been, in slots."""
    asked = history.question(request.args, time.time())
    try:
        with current(Turns).one():  # two days by the minute take 0.2 s
            body = history.body(history.read(current(Archive), asked), asked)
    except DatabaseError as error:
        return _refused(Code.CHECK_FAILED, 503, f"The history cannot be read: {error}.")
    return _answer(body, 200)


@bp.errorhandler(BadQuestion)
def refuse(error: BadQuestion) -> Response:
    """Say which parameter cannot be understood."""
    return _refused(error.code, 400, str(error))


@lru_cache(maxsize=4)
def _basic_body(report: Report, trusted: bool) -> bytes:
    """Write the body once for all who ask within the report's second."""
    if report.code is None:
        return _bytes(_healthy.dump(_begin(report, trusted) | {"version": VERSION}))
    details = report.details(trusted=trusted)
    return _bytes(problem(report.code, at=report.timestamp, **details))


def _detailed_body(report: Report, trusted: bool) -> bytes:
    runtime, counts = current(Runtime), current(Metrics).totals()
    body = _begin(report, trusted) | {
        "version": VERSION,
        "components": {
            **{name: each.shown() for name, each in report.components.items()},
            ApiServer.name: check_api_server(runtime, *counts),
        },
        "configuration": current(Settings),
        "recent_changes": report.changes,
        "warnings": warnings(report),
    }
    return _bytes((_detailed if trusted else _statuses).dump(body))


def _begin(report: Report, trusted: bool) -> dict[str, Any]:
    return {
        "status": report.status,
        "timestamp": report.timestamp,
        "error": report.error,
        "details": report.details(trusted=trusted),
    }


def _refused(code: Code, status: int, error: str) -> Response:
    g.error_code = code.value
    return _answer(_bytes(problem(code, error=error)), status)


def _caller_sees_details() -> bool:
    return sees_details(request, current(Settings))


def _face() -> Face:
    return face_of(request.headers.get("Accept"), request.args.get("format"))


def _reported(body: bytes, report: Report, face: Face) -> Response:
    if report.code is not None:
        g.error_code = report.code.value
    response = _answer(body, report.http_status, face)
    if report.retry_after is not None:
        response.headers["Retry-After"] = str(report.retry_after)
    return response


def _answer(body: bytes, status: int, face: Face = Face.JSON) -> Response:
    # werkzeug adds a charset to text, and to nothing else.
    return Response(body, status, _HEADERS, mimetype=face.value)


def _bytes(body: Any) -> bytes:
    return json.dumps(body).encode() + b"\n"
