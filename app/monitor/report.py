"""What is reported of the health at one moment: from the state, for the schemas."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.components import MONITORED
from app.components.component import Monitored
from app.components.evidence import Evidence, Source
from app.contract.codes import MEANINGS, Code, Status
from app.monitor import verdict
from app.monitor.state import Change, Health, Verdict

HTTP_STATUS = {Status.HEALTHY: 200, Status.UNHEALTHY: 503, Status.ERROR: 500}
_CHANGES_SHOWN = 10
_STARTED_WITHIN = 1  # seconds: a working CLI is checked by then
_WORDS = {each.name: each.unwell for each in MONITORED}


@dataclass(frozen=True, slots=True)
class Freshness:
    """Where a status comes from, and how many seconds ago that was seen."""

    source: Source
    age_seconds: int


@dataclass(frozen=True, slots=True)
class ComponentReport:
    """One component's status, why, since when (UTC), and on what evidence.

    ``described`` is what the component says of itself; ``took`` the seconds of its last
    check, ``succeeded`` when one last found it healthy.
    """

    status: Status
    code: Code | None
    remedy: str | None
    since: datetime
    evidence: Freshness
    took: float | None
    succeeded: datetime | None
    described: Mapping[str, Any]

    def shown(self) -> dict[str, Any]:
        """Return what the component's schema writes."""
        return {
            "status": self.status,
            "code": self.code,
            "remedy": self.remedy,
            "since": self.since,
            "evidence": self.evidence,
            **self.described,
        }


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
    """The service's health at ``timestamp`` (UTC); compared and cached by identity.

    ``retry_after`` are the seconds until it is well again, where that is known;
    ``particulars`` are what the contract shows of the problem to a trusted caller.
    """

    status: Status
    timestamp: datetime
    code: Code | None
    remedy: str | None
    particulars: Mapping[str, Any]
    components: Mapping[str, ComponentReport]
    changes: tuple[Transition, ...] = ()
    warnings: tuple[str, ...] = ()
    retry_after: int | None = None

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
        shown: dict[str, Any] = {"code": self.code.value, "remedy": self.remedy}
        return {**shown, **self.particulars} if trusted else shown


def report_health(
    health: Health,
    at: float,
    longest_age: float,
    *,
    draining: bool,
    warnings: tuple[str, ...] = (),
) -> Report:
    """Report the health at monotonic time ``at``; too old a verdict is an error.

    ``warnings`` are sentences about what works less well than it should.
    """
    now = datetime.now(UTC)
    verdicts = {
        name: verdict.aged(each, at, longest_age)
        for name, each in health.verdicts.items()
    }
    codes = {name: each.code for name, each in verdicts.items()}
    code = verdict.overall([Code.DRAINING if draining else None, *codes.values()])
    evidence = health.evidence
    explained = [each for each in MONITORED if code and codes[each.name] == code]
    return Report(
        status=MEANINGS[code].status if code else Status.HEALTHY,
        timestamp=now,
        code=code,
        remedy=_remedy(explained, code, evidence),
        particulars={
            name: value
            for each in explained
            for name, value in each.particulars(code, evidence).items()  # type: ignore[arg-type]
        },
        components={
            each.name: _component(each, verdicts[each.name], codes, evidence, at, now)
            for each in MONITORED
        },
        changes=tuple(_transition(each) for each in health.changes[:_CHANGES_SHOWN]),
        warnings=warnings,
        retry_after=_retry_after(explained, code, evidence, now),
    )


def _component(
    component: Monitored,
    verdict_: Verdict,
    codes: Mapping[str, Code | None],
    evidence: Evidence,
    at: float,
    now: datetime,
) -> ComponentReport:
    timing = evidence.timings.get(component.name)
    return ComponentReport(
        verdict.component_status(verdict_.code, component.unwell),
        verdict_.code,
        _remedy([component], verdict_.code, evidence),
        verdict_.since,
        Freshness(verdict_.source, int(at - verdict_.evidence_at)),
        timing.seconds if timing else None,
        timing.succeeded if timing else None,
        component.describe(evidence, codes, now),
    )


def _remedy(
    components: list[Monitored], code: Code | None, evidence: Evidence
) -> str | None:
    if code is None:
        return None
    own = [each.remedy(code, evidence) for each in components]
    return next(filter(None, own), MEANINGS[code].remedy)


def _retry_after(
    components: list[Monitored], code: Code | None, evidence: Evidence, now: datetime
) -> int | None:
    if code is None:
        return None
    known = [each.retry_after(code, evidence, now) for each in components]
    return next(filter(None, known), _STARTED_WITHIN if code == Code.STARTING else None)


def _transition(change: Change) -> Transition:
    unwell = _WORDS[change.component]
    return Transition(
        change.component,
        verdict.component_status(change.before, unwell),
        verdict.component_status(change.after, unwell),
        change.before,
        change.after,
        change.time,
    )
