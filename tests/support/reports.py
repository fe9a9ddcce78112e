"""Reports of the health as a test wants them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.components import MONITORED
from app.components.evidence import Source
from app.contract.codes import MEANINGS, Code, Status
from app.monitor.report import ComponentReport, Freshness, Report

NOW = datetime(2026, 11, 28, 14, 30, tzinfo=UTC)
_WELL = ComponentReport(
    status=Status.HEALTHY,
    code=None,
    remedy=None,
    since=NOW - timedelta(days=3, hours=1),
    evidence=Freshness(Source.PROBE, 4),
    took=None,
    succeeded=None,
    described={},
)


def reported(
    code: Code | None = None,
    since: datetime = NOW,
    of: str = "claude_cli",
    **more: Any,
) -> Report:
    """Return the report at ``NOW``: all is well, but for ``code`` of one component."""
    components = {each.name: _WELL for each in MONITORED}
    meaning = MEANINGS[code] if code else None
    remedy = meaning.remedy if meaning else None
    status = meaning.status if meaning else Status.HEALTHY
    if code and code is not Code.DRAINING:
        sick = replace(_WELL, status=status, code=code, remedy=remedy, since=since)
        components[of] = sick
    return Report(
        **{
            "status": status,
            "timestamp": NOW,
            "code": code,
            "remedy": remedy,
            "particulars": {},
            "components": components,
            **more,
        }
    )


def of_components(report: Report, **described: object) -> Report:
    """Have every component describe itself so."""
    components = {
        name: replace(each, described=described)
        for name, each in report.components.items()
    }
    return replace(report, components=components)
