"""The report as lines of text, for people with curl and for grep: one a component.

``authentication: unauthenticated login_expired The login has expired …``: the name, the
status, then the code and the remedy of what is wrong. The service comes first.
"""

from app.contract.fields import written
from app.monitor.report import ComponentReport, Report

SERVICE = "claude-proxy"


def line(report: Report) -> str:
    """Return the line of the service."""
    wrong = [report.code.value, f"{report.error}:"] if report.code else []
    return _line(SERVICE, report.status, *wrong, report.remedy)


def lines(report: Report, *, trusted: bool) -> str:
    """Return the lines of the service and its components; ``trusted`` sees why."""
    components = (
        _component(name, each, trusted) for name, each in report.components.items()
    )
    return line(report) + "".join(components)


def _component(name: str, component: ComponentReport, trusted: bool) -> str:
    if not trusted:
        return _line(name, component.status, component.code)
    seen = component.evidence
    since = written(component.since)
    evidence = f"(since {since}, {seen.source} {seen.age_seconds} s ago)"
    return _line(name, component.status, component.code, evidence, component.remedy)


def _line(name: str, *words: str | None) -> str:
    return f"{name}: {' '.join(' '.join(word.split()) for word in words if word)}\n"
