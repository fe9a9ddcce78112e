"""From evidence to status: all the rules, pure functions, no clock and no I/O.

The rules: conclusive evidence moves a verdict at once; the second inconclusive check in
a row makes the CLI unhealthy, the first leaves the last verdict standing; a login that
has expired and cannot renew itself is dead whatever ``auth status`` says; a verdict
that nobody renews any more is an error. What the disk shows can only make a verdict
worse: to make it better, the CLI has to be asked, where it can be.
"""

from dataclasses import replace
from datetime import datetime

from app.claude.login import Login, Method
from app.claude.probe import LoginAnswer
from app.components.evidence import CliCheck, Facts, LoginCheck, Source
from app.contract.codes import Code, Status
from app.monitor.state import Change, Evidence, Health, Judgement, Timing, Verdict

_DOUBTS_BELIEVED = 2
_CHANGES_KEPT = 20
_ERRORS = (Code.CHECK_FAILED, Code.STALE)
_LOGGED_OUT = LoginCheck(LoginAnswer(logged_in=False), source=Source.STATIC)


def starting(at: float, now: datetime) -> Health:
    """Return the state before the first look and the first check."""
    verdict = Verdict(Code.STARTING, Source.STATIC, at, now)
    return Health(Evidence(None, at), verdict, verdict)


def after_look(health: Health, facts: Facts | None, at: float, now: datetime) -> Health:
    """Take in what the disk shows; what changed there voids the checks of it."""
    evidence = health.evidence
    before = evidence.facts
    evidence = replace(evidence, facts=facts, looked_at=at)
    if facts and before and facts.location.identity != before.location.identity:
        evidence = replace(evidence, cli=None, doubts=0)
    if facts and before and facts.login.identity != before.login.identity:
        vanished = before.login.has_file and facts.login.method is None
        evidence = replace(evidence, login=_LOGGED_OUT if vanished else None)
    return judge(replace(health, evidence=evidence), now)


def after_check(
    health: Health, cli: CliCheck, login: LoginCheck, at: float, now: datetime
) -> Health:
    """Take in a finished check; a CLI that fails on either question does not work."""
    if cli.code is None and login.code not in (None, Code.CHECK_FAILED):
        cli = replace(cli, code=login.code, conclusive=login.conclusive)
    if not cli.conclusive:
        return after_doubt(health, cli.code or Code.CLI_FAILED, at, now)
    asked = login.answer is not None or login.code == Code.CHECK_FAILED
    known, login_timing = health.evidence, health.evidence.login_timing
    if asked:
        logged_in = login.answer is not None and login.answer.logged_in
        login_timing = _timing(login_timing, login.seconds, now, well=logged_in)
    evidence = replace(
        health.evidence,
        cli=cli,
        login=login if asked else health.evidence.login,
        probed_at=at,
        probed=now,
        doubts=0,
        doubt=None,
        cli_timing=_timing(known.cli_timing, cli.seconds, now, well=cli.code is None),
        login_timing=login_timing,
    )
    return judge(replace(health, evidence=evidence), now)


def after_doubt(health: Health, code: Code, at: float, now: datetime) -> Health:
    """Take in one more inconclusive check."""
    evidence = health.evidence
    doubts = evidence.doubts + 1
    evidence = replace(evidence, doubts=doubts, doubt=code, probed_at=at, probed=now)
    return judge(replace(health, evidence=evidence), now)


def judge(health: Health, now: datetime) -> Health:
    """Settle both verdicts anew on the evidence as it is now."""
    evidence = health.evidence
    cli = judge_cli(evidence)
    login = judge_login(evidence, now)
    after = Health(
        evidence,
        _settle(health.cli, cli, evidence, now),
        _settle(health.authentication, login, evidence, now),
    )
    changes = (*changes_between(health, after, now), *health.changes)
    return replace(after, changes=changes[:_CHANGES_KEPT])


def changes_between(before: Health, after: Health, now: datetime) -> list[Change]:
    """Return what has changed from one state to the next."""
    pairs = {
        "claude_cli": (before.cli.code, after.cli.code),
        "authentication": (before.authentication.code, after.authentication.code),
    }
    return [
        Change(component, was, is_now, now)
        for component, (was, is_now) in pairs.items()
        if was != is_now
    ]


def judge_cli(evidence: Evidence) -> Judgement | None:
    """Say whether the CLI works; None: nothing new, the last verdict stands."""
    if evidence.facts is None:
        return Judgement(Code.CHECK_FAILED, Source.STATIC)
    location = evidence.facts.location
    if location.path is None:
        unusable = location.unusable is not None
        code = Code.CLI_NOT_EXECUTABLE if unusable else Code.CLI_NOT_FOUND
        return Judgement(code, Source.STATIC)
    if evidence.doubts >= _DOUBTS_BELIEVED:
        return Judgement(evidence.doubt, Source.PROBE)
    if evidence.cli is None:
        return None
    return Judgement(evidence.cli.code, Source.PROBE)


def judge_login(evidence: Evidence, now: datetime) -> Judgement | None:
    """Say whether the login can be used; None: nothing new, the last verdict stands."""
    if evidence.facts is None:
        return Judgement(Code.CHECK_FAILED, Source.STATIC)
    login, check = evidence.facts.login, evidence.login
    if check and check.code:
        return Judgement(check.code, check.source)
    answer = check.answer if check else None
    if check and answer and not answer.logged_in:
        return Judgement(Code.NOT_AUTHENTICATED, check.source)
    dead = _why_dead(login, now)
    if dead and (answer.method if answer else login.method) == Method.CLAUDE_AI:
        return Judgement(dead, Source.STATIC)
    if check:
        return Judgement(None, check.source)
    if _can_be_asked(evidence):
        return None
    code = None if login.method else Code.NOT_AUTHENTICATED
    return Judgement(code, Source.STATIC)


def aged(verdict: Verdict, at: float, longest: float) -> Verdict:
    """Turn a verdict whose evidence is older than ``longest`` seconds into an error."""
    if at - verdict.evidence_at <= longest:
        return verdict
    return replace(verdict, code=Code.STALE)


def component_status(code: Code | None, unwell: Status) -> Status:
    """Return a component's status; ``unwell`` is its word for not healthy."""
    if code is None:
        return Status.HEALTHY
    return Status.ERROR if code in _ERRORS else unwell


def overall(codes: list[Code | None]) -> tuple[Status, Code | None]:
    """Return the service's status and the code that explains it: errors first."""
    wrong = [code for code in codes if code is not None]
    for code in wrong:
        if code in _ERRORS:
            return Status.ERROR, code
    return (Status.UNHEALTHY, wrong[0]) if wrong else (Status.HEALTHY, None)


def _why_dead(login: Login, now: datetime) -> Code | None:
    if login.damaged:
        return Code.NOT_AUTHENTICATED
    if login.ends and login.ends <= now:
        return Code.LOGIN_EXPIRED
    expired = login.expires is not None and login.expires <= now
    return Code.LOGIN_EXPIRED if expired and not login.renewable else None


def _timing(
    last: Timing | None, seconds: float, now: datetime, *, well: bool
) -> Timing:
    before = last.succeeded if last else None
    return Timing(seconds, now if well else before)


def _can_be_asked(evidence: Evidence) -> bool:
    found = evidence.facts is not None and evidence.facts.location.path is not None
    works = evidence.cli is None or evidence.cli.code is None
    return found and works and evidence.doubts < _DOUBTS_BELIEVED


def _settle(
    last: Verdict, judgement: Judgement | None, evidence: Evidence, now: datetime
) -> Verdict:
    probed = (judgement or last).source == Source.PROBE
    at = evidence.probed_at if probed else evidence.looked_at
    at = last.evidence_at if at is None else at
    if judgement is None:
        return replace(last, evidence_at=at)
    since = last.since if judgement.code == last.code else now
    return Verdict(judgement.code, judgement.source, at, since)
