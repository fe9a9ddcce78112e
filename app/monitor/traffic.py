"""From what requests ended with to evidence: pure functions, the clock is passed in.

Each end says something of up to four things, and they are told apart: whether the login
is accepted, whether the upstream is reached, whether it answers, what quota is left. No
failure of the network or of the upstream says anything of the login.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.claude.locate import Identity
from app.components.evidence import Breaker, Quota, Traffic, Window
from app.pool.events import Ended, Kind, RateLimit
from app.pool.outcome import Outcome

_MOST_WINDOWS = 16
_LAST_MOMENT = 253_402_300_799  # seconds since 1970; the end of the year 9999
WRITE_EVERY = 5.0  # seconds, where nothing but a moment or a figure has changed

# The CLI's words for "no request got through" (its own list, 2.1.330).
_UNREACHED = frozenset(
    {
        *("connection_failed", "no_response"),
        *("tls_untrusted_ca", "tls_cert_signature_failure"),
    }
)
_NOT_THE_UPSTREAMS = frozenset(
    {Kind.CANCELLED, Kind.REVOKED, Kind.NOT_LOGGED_IN, Kind.DIED}
)
# What a 403 says that is about the login and not about what was asked for; the last is
# the CLI's own sentence, where payment is due or the organisation has switched it off.
_LOGINS_403 = ("oauth token", "oauth access token", "claude subscription")


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures in a row open a breaker, and for how many seconds.

    Each one that the half-open breaker then meets doubles them, up to ``longest``.
    """

    failures: int
    first: float
    longest: float


LOGIN = Patience(failures=1, first=60.0, longest=900.0)
# A network comes back by itself, and a client that waits costs nothing.
NETWORK = Patience(failures=3, first=10.0, longest=60.0)


def after(
    known: Traffic,
    outcome: Outcome,
    about: tuple[Identity, ...],
    at: float,
    now: float,
) -> Traffic:
    """Take in what a request ended with, at monotonic ``at``, Unix time ``now``.

    ``about`` is the identity of the login it was made with.
    """
    if known.about != about:
        known = Traffic(about=about, revision=known.revision)
    accepted_at = _accepted_at(outcome, at)
    return replace(
        known,
        succeeded_at=accepted_at or known.succeeded_at,
        login=_login(known.login, outcome, accepted_at, at),
        network=_network(known.network, outcome, accepted_at, at),
        failing=_failing(known.failing, outcome),
        quota=_quota(known.quota, outcome, accepted_at, at, now),
    )


def is_news(shared: Traffic, own: Traffic, at: float) -> bool:
    """Tell whether others have to hear of it: what is decided differs, or is old."""
    if own == shared:
        return False
    return _decided(own, at) != _decided(shared, at) or (
        at >= shared.noted_at + WRITE_EVERY
    )


def _decided(traffic: Traffic, at: float) -> tuple[object, ...]:
    return (
        traffic.about,
        (traffic.login.wait, traffic.login.is_open(at)),
        (traffic.network.wait, traffic.network.is_open(at)),
        (traffic.quota.exhausted, traffic.quota.until),
        traffic.succeeded_at is None,
    )


def _accepted_at(outcome: Outcome, at: float) -> float | None:
    """Return when the upstream began its answer: that is when the login was good."""
    if outcome.first_event is not None:
        return at - outcome.seconds + outcome.first_event
    return at if outcome.ended and outcome.ended.kind is Kind.GOOD else None


def _login(
    breaker: Breaker, outcome: Outcome, accepted_at: float | None, at: float
) -> Breaker:
    if outcome.ended and _rejects_login(outcome.ended):
        return _failed(breaker, LOGIN, at)
    return _closed(breaker, accepted_at)


def _rejects_login(ended: Ended) -> bool:
    if ended.kind is Kind.NOT_LOGGED_IN:
        return True
    if ended.kind is not Kind.UPSTREAM_ERROR:
        return False
    words = (ended.message or ended.said or "").lower()
    of_the_login = any(each in words for each in _LOGINS_403)
    return ended.status == 401 or (ended.status == 403 and of_the_login)


def _network(
    breaker: Breaker, outcome: Outcome, accepted_at: float | None, at: float
) -> Breaker:
    if outcome.ended and outcome.ended.kind is Kind.UPSTREAM_ERROR:
        return Breaker()
    if accepted_at is None and outcome.ended and outcome.ended.type in _UNREACHED:
        return _failed(breaker, NETWORK, at)
    return _closed(breaker, accepted_at)


def _failed(breaker: Breaker, patience: Patience, at: float) -> Breaker:
    """Count one more; of those that come at once only the first makes it wait more."""
    failures, wait = breaker.failures + 1, breaker.wait
    if failures >= patience.failures and not breaker.is_open(at):
        wait = min(2 * wait, patience.longest) or patience.first
    return Breaker(failures, at, wait)


def _closed(breaker: Breaker, accepted_at: float | None) -> Breaker:
    """Close it again, unless what was accepted was so before it failed."""
    later = accepted_at is not None and accepted_at >= breaker.failed_at
    return Breaker() if later else breaker


def _failing(known: str | None, outcome: Outcome) -> str | None:
    ended = outcome.ended
    if ended is None or ended.kind in _NOT_THE_UPSTREAMS:
        return known
    if ended.kind is Kind.UPSTREAM_ERROR:
        return f"status {ended.status}" if (ended.status or 0) >= 500 else known
    return None if ended.kind is Kind.GOOD else ended.kind.value


def _quota(
    known: Quota, outcome: Outcome, accepted_at: float | None, at: float, now: float
) -> Quota:
    limit, ended = outcome.limit, outcome.ended
    if limit:
        told = {**known.windows, **_windows(limit)}
        moment = datetime.fromtimestamp(now, UTC)
        known = replace(known, windows=told, told_at=at, told=moment)
    refused = ended is not None and ended.status == 429
    until = limit.exhausted_until if limit and not limit.of_one_model else None
    if limit and refused and until is not None:
        exhausted = limit.window or "account"
        return replace(known, exhausted=exhausted, exhausted_at=at, until=until)
    if accepted_at is not None and accepted_at >= known.exhausted_at:
        return replace(known, exhausted=None, until=0.0)
    return known


def _windows(limit: RateLimit) -> dict[str, Window]:
    """Return what it tells of each window, as far as people could be told."""
    found = {
        n: Window(w.utilization, _moment(w.resets_at)) for n, w in limit.windows.items()
    }
    if limit.window and limit.window != "overage":
        found.setdefault(limit.window, Window(limit.utilization, limit.resets_at))
    named = [(n, w) for n, w in found.items() if n.isidentifier() and len(n) <= 40]
    return dict(named[:_MOST_WINDOWS])


def _moment(seconds: float | None) -> float | None:
    return seconds if seconds and 0 < seconds < _LAST_MOMENT else None
