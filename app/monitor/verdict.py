"""From evidence to verdicts: pure functions, no clock and no I/O.

The rules: conclusive evidence moves a verdict at once; the second inconclusive check in
a row makes the CLI unhealthy, the first leaves the last verdict standing; a verdict
that nobody renews any more is an error. What the disk shows can only make a verdict
worse: to make it better, the CLI has to be asked, where it can be. What requests ended
with outranks both, for as long as it is believed. What evidence says of one component
stands in that component's file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from app.claude.login import Login
from app.claude.probe import LoginAnswer
from app.components import MONITORED
from app.components.evidence import (
    CliCheck,
    Evidence,
    Facts,
    Judgement,
    LoginCheck,
    Source,
    Timing,
    Traffic,
)
from app.contract.codes import MEANINGS, Code, Status
from app.monitor.state import Change, Health, Verdict

_CHANGES_KEPT = 20
_LOGGED_OUT = LoginCheck(LoginAnswer(logged_in=False), source=Source.STATIC)
_ORDER = {code: place for place, code in enumerate(Code)}


def starting(at: float, now: datetime) -> Health:
    """Return the state before the first inspection and the first check."""
    verdict = Verdict(Code.STARTING, Source.STATIC, at, at, now)
    return Health(Evidence(None, at), {each.name: verdict for each in MONITORED})


def after_inspection(
    health: Health, facts: Facts | None, at: float, now: datetime
) -> Health:
    """Take in what the disk shows; what changed there voids the checks of it."""
    before = health.evidence.facts
    evidence = replace(health.evidence, facts=facts, inspected_at=at)
    if facts != before:
        evidence = replace(evidence, revision=evidence.revision + 1)
    if facts and (not before or _binary(facts) != _binary(before)):
        evidence = replace(evidence, found_at=at)
    if facts and before and _binary(facts) != _binary(before):
        evidence = replace(evidence, cli=None, doubts=0)
    if facts and before and facts.login.identity != before.login.identity:
        vanished = before.login.has_file and facts.login.method is None
        evidence = replace(
            evidence,
            login=_LOGGED_OUT if vanished else None,
            login_changed_at=at,
        )
    return _judge(replace(health, evidence=evidence), at, now)


def after_check(
    health: Health,
    asked: Evidence,
    cli: CliCheck,
    login: LoginCheck,
    at: float,
    now: datetime,
) -> Health:
    """Take in a finished check; a CLI that fails on either question does not work.

    ``asked`` is the evidence the check began with. An answer about a CLI or a login
    that has gone since is void.
    """
    if _is_void(asked.facts, health.evidence.facts, login):
        return health
    if cli.code is None and login.code not in (None, Code.CHECK_FAILED):
        cli = replace(cli, code=login.code, conclusive=login.conclusive)
    known = replace(health.evidence, checked_revision=asked.revision)
    if not cli.conclusive:
        code = cli.code or Code.CLI_FAILED
        return after_doubt(replace(health, evidence=known), code, at, now)
    answered = login.answer is not None or login.code == Code.CHECK_FAILED
    timed = {"claude_cli": _timing(known, "claude_cli", cli, now, well=not cli.code)}
    if answered:
        timed["authentication"] = _timing(
            known, "authentication", login, now, well=login.logged_in
        )
    evidence = replace(
        known,
        cli=cli,
        login=login if answered else known.login,
        probed_at=at,
        probed=now,
        doubts=0,
        doubt=None,
        timings={**known.timings, **timed},
    )
    return _judge(replace(health, evidence=evidence), at, now)


def after_doubt(health: Health, code: Code, at: float, now: datetime) -> Health:
    """Take in one more inconclusive check."""
    evidence = health.evidence
    doubts = evidence.doubts + 1
    evidence = replace(evidence, doubts=doubts, doubt=code, probed_at=at, probed=now)
    return _judge(replace(health, evidence=evidence), at, now)


def after_traffic(health: Health, traffic: Traffic, at: float, now: datetime) -> Health:
    """Take in what requests ended with, unless something later is known already."""
    if traffic.revision <= health.evidence.traffic.revision:
        return health
    known = replace(health, evidence=replace(health.evidence, traffic=traffic))
    if Code.STARTING in {each.code for each in health.verdicts.values()}:
        return known  # an inspection comes first: nothing is known of the CLI yet
    return _judge(known, at, now)


def changes_between(before: Health, after: Health, now: datetime) -> list[Change]:
    """Return what has changed from one state to the next."""
    return [
        Change(name, before.code(name), verdict.code, now)
        for name, verdict in after.verdicts.items()
        if before.code(name) != verdict.code
    ]


def aged(verdict: Verdict, at: float, longest: float) -> Verdict:
    """Turn a verdict that was not renewed for ``longest`` seconds into an error."""
    if at - verdict.renewed_at <= longest:
        return verdict
    return replace(verdict, code=Code.STALE)


def component_status(code: Code | None, unwell: Status) -> Status:
    """Return a component's status; ``unwell`` is its word for not healthy."""
    if code is None:
        return Status.HEALTHY
    return Status.ERROR if MEANINGS[code].status == Status.ERROR else unwell


def overall(codes: Iterable[Code | None]) -> Code | None:
    """Return the code that explains the service: the first in the order of ``Code``."""
    wrong = [code for code in codes if code is not None]
    return min(wrong, key=_ORDER.__getitem__, default=None)


def _judge(health: Health, at: float, now: datetime) -> Health:
    """Settle every verdict anew on the evidence as it is now."""
    evidence = replace(health.evidence, at=at)
    verdicts: Mapping[str, Verdict] = {
        each.name: _settle(
            health.verdicts[each.name], each.judge(evidence, now), evidence, now
        )
        for each in MONITORED
    }
    after = replace(health, evidence=evidence, verdicts=verdicts)
    changes = (*changes_between(health, after, now), *health.changes)
    return replace(after, changes=changes[:_CHANGES_KEPT])


def _settle(
    last: Verdict, judgement: Judgement | None, evidence: Evidence, now: datetime
) -> Verdict:
    code, source, seen_at = last.code, last.source, None
    if judgement is not None:
        code, source, seen_at = judgement.code, judgement.source, judgement.seen_at
    at = renewed_at = evidence.inspected_at
    if source == Source.TRAFFIC:
        at = last.evidence_at if seen_at is None else seen_at
    if source == Source.PROBE:
        at = last.evidence_at if evidence.probed_at is None else evidence.probed_at
        if evidence.cli_found:
            renewed_at = max(at, evidence.found_at)
    return Verdict(
        code, source, at, renewed_at, last.since if code == last.code else now
    )


def _is_void(asked: Facts | None, present: Facts | None, login: LoginCheck) -> bool:
    """Tell whether what was asked about has gone since.

    A login file that is rewritten again and again would make every answer void: where
    the new one is whole, the CLI's yes is believed until it is asked again.
    """
    if asked is None or present is None or _binary(asked) != _binary(present):
        return True
    if asked.login.identity == present.login.identity:
        return False
    return not (login.logged_in and _is_whole(present.login))


def _is_whole(login: Login) -> bool:
    return login.has_file and not login.damaged


def _binary(facts: Facts) -> object:
    return facts.location.identity


def _timing(
    known: Evidence,
    name: str,
    check: CliCheck | LoginCheck,
    now: datetime,
    *,
    well: bool,
) -> Timing:
    last = known.timings.get(name)
    before = last.succeeded if last else None
    return Timing(check.seconds, now if well else before)
