"""What is reported of the health at one moment: from the state, for the schemas."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.claude.login import Method
from app.components.evidence import Facts, Source
from app.contract.codes import MEANINGS, Code, Status
from app.monitor import verdict
from app.monitor.state import Change, Evidence, Health, Timing, Verdict

CONTRACT_STATUS = "not_authenticated"
_LOGIN_CODES = (Code.NOT_AUTHENTICATED, Code.LOGIN_EXPIRED)
_ONLY_PLACE_SEARCHED = (
    "CLAUDE_CLI_PATH names the only place that is searched: correct it, or unset it."
)
HTTP_STATUS = {Status.HEALTHY: 200, Status.UNHEALTHY: 503, Status.ERROR: 500}
_CHANGES_SHOWN = 10
_NOT_SHARED = (
    "The health cannot be shared through STATE_DIR ({}): every worker checks for"
    " itself."
)
_RENEWS = (
    "The access token has expired; the CLI renews it with its refresh token on its"
    " next request."
)


@dataclass(frozen=True, slots=True)
class Freshness:
    """Where a status comes from, and how many seconds ago that was seen."""

    source: Source
    age_seconds: int


@dataclass(frozen=True, slots=True)
class Component:
    """One component's status, why, since when (UTC), and on what evidence."""

    status: Status
    code: Code | None
    remedy: str | None
    since: datetime
    evidence: Freshness
    took: float | None
    succeeded: datetime | None


@dataclass(frozen=True, slots=True)
class ClaudeCli(Component):
    """The Claude CLI; ``authenticated`` is None while that is not known."""

    path: str | None
    version: str | None
    authenticated: bool | None
    last_check: datetime | None


@dataclass(frozen=True, slots=True)
class Authentication(Component):
    """The CLI's login; ``expires`` is its access token's end, ``ends`` the login's."""

    logged_in: bool | None
    method: str | None
    user: str | None
    expires: datetime | None
    renewable: bool
    ends: datetime | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of a component's status; ``code`` is the new one's."""

    component: str
    before: Status
    after: Status
    code_before: Code | None
    code: Code | None
    time: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The service's health at ``timestamp`` (UTC); compared and cached by identity."""

    status: Status
    timestamp: datetime
    code: Code | None
    remedy: str | None
    searched: tuple[str, ...]
    claude_cli: ClaudeCli
    authentication: Authentication
    changes: tuple[Transition, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def http_status(self) -> int:
        """Return the HTTP status that says the same as the body."""
        return HTTP_STATUS[self.status]

    @property
    def error(self) -> str | None:
        """Return the sentence that says what is wrong, None where nothing is."""
        return MEANINGS[self.code].error if self.code else None

    def details(self, *, trusted: bool) -> dict[str, Any]:
        """Return the code and the remedy and, for a trusted caller, the rest."""
        if self.code is None:
            return {}
        shown: dict[str, Any] = {
            "code": self.code.value,
            "remedy": self.remedy,
        }
        if trusted and self.code == Code.CLI_NOT_FOUND:
            shown["searched_paths"] = list(self.searched)
        if trusted and self.code in _LOGIN_CODES:
            shown["claude_cli_status"] = CONTRACT_STATUS
        return shown


def report_health(
    health: Health,
    at: float,
    longest_age: float,
    *,
    draining: bool = False,
    trouble: str | None = None,
) -> Report:
    """Report the health at monotonic time ``at``; too old a verdict is an error.

    ``trouble`` is why the state cannot be shared, where it cannot.
    """
    now = datetime.now(UTC)
    cli = verdict.aged(health.cli, at, longest_age)
    login = verdict.aged(health.authentication, at, longest_age)
    stopping = Code.DRAINING if draining else None
    status, code = verdict.overall([stopping, cli.code, login.code])
    facts = health.evidence.facts
    return Report(
        status=status,
        timestamp=now,
        code=code,
        remedy=_remedy(code, facts),
        searched=facts.location.searched if facts else (),
        claude_cli=_claude_cli(health.evidence, cli, login, at),
        authentication=_authentication(health.evidence, login, at, now),
        changes=tuple(
            _transition(change) for change in health.changes[:_CHANGES_SHOWN]
        ),
        warnings=(_NOT_SHARED.format(trouble),) if trouble else (),
    )


def _claude_cli(
    evidence: Evidence, cli: Verdict, login: Verdict, at: float
) -> ClaudeCli:
    location = evidence.facts.location if evidence.facts else None
    path = location and (location.path or location.unusable)
    return ClaudeCli(
        verdict.component_status(cli.code, Status.UNHEALTHY),
        cli.code,
        _remedy(cli.code, evidence.facts),
        cli.since,
        _freshness(cli, at),
        *_timing(evidence.cli_timing),
        path=str(path) if path else None,
        version=evidence.cli.version if evidence.cli else None,
        authenticated=_logged_in(login.code),
        last_check=evidence.probed,
    )


def _authentication(
    evidence: Evidence, login: Verdict, at: float, now: datetime
) -> Authentication:
    answer = evidence.login.answer if evidence.login else None
    static = evidence.facts.login if evidence.facts else None
    method: str | None = static.method if static else None
    if answer:
        method = answer.method
    file = static if method == Method.CLAUDE_AI else None
    expired = file and file.expires and file.expires <= now
    return Authentication(
        verdict.component_status(login.code, Status.UNAUTHENTICATED),
        login.code,
        _remedy(login.code, evidence.facts),
        login.since,
        _freshness(login, at),
        *_timing(evidence.login_timing),
        logged_in=_logged_in(login.code),
        method=method,
        user=answer.user if answer else None,
        expires=file.expires if file else None,
        renewable=bool(file and file.renewable),
        ends=file.ends if file else None,
        note=_RENEWS if expired and login.code is None else None,
    )


def _remedy(code: Code | None, facts: Facts | None) -> str | None:
    if code is None:
        return None
    if code == Code.CLI_NOT_FOUND and facts and facts.location.configured:
        return _ONLY_PLACE_SEARCHED
    return MEANINGS[code].remedy


def _timing(timing: Timing | None) -> tuple[float | None, datetime | None]:
    return (timing.seconds, timing.succeeded) if timing else (None, None)


def _transition(change: Change) -> Transition:
    unwell = (
        Status.UNHEALTHY if change.component == "claude_cli" else Status.UNAUTHENTICATED
    )
    return Transition(
        change.component,
        verdict.component_status(change.before, unwell),
        verdict.component_status(change.after, unwell),
        change.before,
        change.after,
        change.time,
    )


def _freshness(verdict: Verdict, at: float) -> Freshness:
    return Freshness(verdict.source, int(at - verdict.evidence_at))


def _logged_in(code: Code | None) -> bool | None:
    if code is None:
        return True
    return False if code in _LOGIN_CODES else None
