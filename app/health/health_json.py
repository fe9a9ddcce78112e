"""The report as ``application/health+json``.

After draft-inadarei-api-health-check-06, "Health Check Response Format for HTTP APIs":
``pass`` or ``fail`` for the service, ``checks`` by component. ``code`` and ``remedy``
are ours, which the draft allows.
"""

from datetime import datetime, timedelta
from typing import Any

from app.contract.codes import Code
from app.contract.fields import written
from app.monitor.report import ComponentReport, Report
from app.runtime import VERSION

_HEAD = {
    "version": VERSION.partition(".")[0],
    "releaseId": VERSION,
    "serviceId": "claude-proxy",
    "description": "The Claude CLI over HTTP",
}
ALIVE = {"status": "pass", **_HEAD}


def brief(report: Report) -> dict[str, Any]:
    """Return what the service itself is."""
    return {
        "status": _status(report.code),
        **_HEAD,
        **_wrong(report.code, report.error, report.remedy),
    }


def detailed(report: Report, *, trusted: bool) -> dict[str, Any]:
    """Return the service and its components; ``trusted`` sees why."""
    checks = {
        f"{name}:status": [_check(name, each, report.timestamp, trusted)]
        for name, each in report.components.items()
    }
    return {**brief(report), "checks": checks}


def _check(
    name: str, component: ComponentReport, now: datetime, trusted: bool
) -> dict[str, Any]:
    seen = now - timedelta(seconds=component.evidence.age_seconds)
    remedy = component.remedy if trusted else None
    return {
        "componentId": name,
        "componentType": "component",
        "observedValue": component.status,
        "status": _status(component.code),
        **({"time": written(seen)} if trusted else {}),
        **_wrong(component.code, remedy, remedy),
    }


def _status(code: Code | None) -> str:
    return "fail" if code else "pass"


def _wrong(code: Code | None, output: str | None, remedy: str | None) -> dict[str, Any]:
    """Return what the draft says of a failure; of a success it says nothing."""
    told = {"output": output, "code": code, "remedy": remedy}
    return {name: value for name, value in told.items() if value}
