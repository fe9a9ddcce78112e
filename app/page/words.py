"""The report as a person would say it; pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.contract.codes import Code, Status
from app.history.slot import is_passing
from app.monitor.report import Report

# Completes "Cannot serve since 14:02 UTC: …"; a test sees that no code is left out.
REASONS: Mapping[Code, str] = {
    Code.CHECK_FAILED: "the health check itself fails",
    Code.STALE: "nobody checks the health any more",
    Code.CLI_NOT_FOUND: "there is no Claude CLI",
    Code.CLI_NOT_EXECUTABLE: "the Claude CLI cannot be run",
    Code.CLI_FAILED: "the Claude CLI fails",
    Code.CLI_TIMEOUT: "the Claude CLI does not answer",
    Code.CLI_TOO_OLD: "the Claude CLI is too old",
    Code.CLI_UNSUPPORTED: "the Claude CLI does not send what it is asked to",
    Code.NOT_AUTHENTICATED: "the Claude CLI is not logged in",
    Code.LOGIN_EXPIRED: "the login has expired",
    Code.LOGIN_REJECTED: "the login was rejected",
    Code.QUOTA_EXHAUSTED: "the quota is used up",
    Code.UPSTREAM_UNREACHABLE: "the upstream cannot be reached",
    Code.STARTING: "the service is starting",
    Code.DRAINING: "the service is stopping",
}
_ABBREVIATIONS = {"cli": "CLI", "api": "API"}
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_COMMAND = re.compile(r"'(claude[^']*)'")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence; a command can be copied."""

    text: str
    is_command: bool = False


def verdict(report: Report) -> str:
    """Say in one sentence what the service is, and since when."""
    if report.code is None:
        since = max(each.since for each in report.components.values())
        return f"Healthy for {lasting((report.timestamp - since).total_seconds())}"
    if report.code is Code.STARTING:
        return "Starting: the first check is under way"
    if report.code is Code.DRAINING:
        return "Stopping: running requests are still answered"
    known = [e.since for e in report.components.values() if e.code == report.code]
    since_when = f" since {moment(min(known), report.timestamp)}" if known else ""
    can = "Not known" if report.status is Status.ERROR else "Cannot serve"
    return f"{can}{since_when}: {reason(report.code)}"


def title(name: str) -> str:
    """Return the name of a component as a heading: ``Claude CLI``."""
    words = " ".join(_ABBREVIATIONS.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]


def state(status: Status, code: Code | None) -> str:
    """Return the word for a state: one that passes has its own."""
    return str(code if is_passing(code) else status)


def reason(code: str | None) -> str:
    """Say what a code means, in the middle of a sentence; "" of what is healthy."""
    if code in (None, ""):
        return ""
    known = {each.value: text for each, text in REASONS.items()}
    return known.get(str(code), str(code).replace("_", " "))


def lasting(seconds: float) -> str:
    """Say how long something lasts, in its largest unit: ``3 days``."""
    for length, unit in _UNITS:
        if seconds >= length:
            number = int(seconds // length)
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return "a moment"


def moment(when: datetime, now: datetime) -> str:
    """Write a moment in UTC: ``14:02 UTC``, with its day where that is not today."""
    when = when.astimezone(UTC)
    today = when.date() == now.astimezone(UTC).date()
    return when.strftime("%H:%M UTC" if today else "%-d %B %H:%M UTC")


def span(start: float, end: float, now: datetime) -> str:
    """Write a span of Unix times, with one day where both have the same."""
    begin, last = moment(at(start), now), moment(at(end), now)
    if end >= now.timestamp():
        return f"since {begin}"
    if at(start).date() == at(end).date():
        last = at(end).strftime("%H:%M UTC")
    return f"{begin.removesuffix(' UTC')} to {last}"


def at(seconds: float) -> datetime:
    """Return the moment that is a Unix time."""
    return datetime.fromtimestamp(seconds, UTC)


def pieces(remedy: str | None) -> Iterable[Piece]:
    """Cut a remedy into its words and its commands."""
    for number, text in enumerate(_COMMAND.split(remedy or "")):
        if text:
            yield Piece(text, is_command=number % 2 == 1)


def percent(ratio: float | None) -> str:
    """Write a part of 1; what is not all is never rounded up to all."""
    if ratio is None:
        return "not measured"
    if ratio < 1:
        ratio = min(ratio, 0.9999)
    return f"{ratio:.2%}".replace(".00%", "%").replace("%", " %")
