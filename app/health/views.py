"""The health endpoints: each asks the monitor one question and writes the answer."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, g, json, request

from app.components.api_server import ApiServer, check_api_server
from app.contract.codes import Code, Status
from app.contract.problem import problem
from app.health.schemas import DetailedHealthSchema, HealthStatusesSchema, HealthySchema
from app.metrics import multiprocess as metrics
from app.metrics.registry import Metrics
from app.monitor.monitor import Monitor
from app.monitor.report import Report
from app.runtime import VERSION, Runtime
from app.web.access import sees_details
from app.web.current import current
from config.settings import Settings

bp = Blueprint("health", __name__)

_HEADERS = {"Cache-Control": "no-store"}
_RETRY_AFTER = {"Retry-After": "1"}  # seconds: a working CLI is checked by then
_healthy = HealthySchema()
_statuses, _detailed = HealthStatusesSchema(), DetailedHealthSchema()


@bp.get("/health")
def health() -> Response:
    """Say whether to send this service traffic: 200, 503 or 500."""
    report = current(Monitor).report()
    trusted = report.code is not None and _caller_sees_details()
    return _answer(_basic_body(report, trusted), report.http_status, report.code)


@bp.get("/health/detailed")
def detailed() -> Response:
    """Say what is wrong, since when, and what to do."""
    report = current(Monitor).report()
    trusted = _caller_sees_details()
    schema = _detailed if trusted else _statuses
    settings = current(Settings)
    body = _begin(report, trusted) | {
        "version": VERSION,
        "components": {
            **{name: each.shown() for name, each in report.components.items()},
            ApiServer.name: check_api_server(
                current(Runtime), *current(Metrics).totals()
            ),
        },
        "configuration": settings,
        "recent_changes": report.changes,
        "warnings": (*report.warnings, *metrics.problems()),
    }
    return _answer(_bytes(schema.dump(body)), report.http_status, report.code)


@bp.get("/health/live")
def live() -> Response:
    """Say that this process serves, and nothing else: no restart cures a login."""
    now = datetime.now(UTC)
    body = {"status": Status.HEALTHY, "timestamp": now, "version": VERSION}
    return _answer(_bytes(_healthy.dump(body)), 200, None)


@lru_cache(maxsize=4)
def _basic_body(report: Report, trusted: bool) -> bytes:
    """Write the body once for all who ask within the report's second."""
    if report.code is None:
        return _bytes(_healthy.dump(_begin(report, trusted) | {"version": VERSION}))
    details = report.details(trusted=trusted)
    return _bytes(problem(report.code, at=report.timestamp, **details))


def _begin(report: Report, trusted: bool) -> dict[str, Any]:
    return {
        "status": report.status,
        "timestamp": report.timestamp,
        "error": report.error,
        "details": report.details(trusted=trusted),
    }


def _caller_sees_details() -> bool:
    return sees_details(request, current(Settings))


def _answer(body: bytes, status: int, code: Code | None) -> Response:
    if code is not None:
        g.error_code = code.value
    headers = _HEADERS | (_RETRY_AFTER if code == Code.STARTING else {})
    return Response(body, status, headers, content_type="application/json")


def _bytes(body: Any) -> bytes:
    return json.dumps(body).encode() + b"\n"
