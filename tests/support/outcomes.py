"""What requests may end with, as a test wants them."""

from typing import Any

from app.pool.events import Ended, Kind, RateLimit, Window
from app.pool.outcome import Outcome

GOOD = Ended(Kind.GOOD, stop_reason="end_turn")
UNREACHED = Ended(Kind.NETWORK, type="connection_failed")


def refused(status: int, kind: str = "api_error", message: str = "No.") -> Ended:
    return Ended(Kind.UPSTREAM_ERROR, status, kind, message)


def limit(
    status: str, window: str | None, resets_at: float | None, **windows: float
) -> RateLimit:
    """Return the upstream's word on the quota; ``windows`` are utilisations."""
    told = {n: Window(u, 2e9) for n, u in windows.items()}
    return RateLimit(status, window, resets_at, windows=told)


def outcome(ended: Ended | None, **more: Any) -> Outcome:
    """Return an outcome of a request that ended so; a good one had a first event."""
    if ended and ended.kind is Kind.GOOD:
        more = {"first_event": 0.0, **more}
    return Outcome("alice", "claude-sonnet-4-5", ended, **more)


ANSWERED = outcome(GOOD)
REJECTED = outcome(refused(401, "authentication_error"))
REVOKED = outcome(
    refused(403, "permission_error", "OAuth token has been revoked. Log in again.")
)
DISABLED = outcome(
    refused(403, "permission_error", "Claude Code can't use your Claude subscription.")
)
NOT_LOGGED_IN = outcome(Ended(Kind.NOT_LOGGED_IN))
UNREACHABLE = outcome(UNREACHED)
OVERLOADED = outcome(refused(529, "overloaded_error"))
BROKEN = outcome(refused(500))
LATE = outcome(Ended(Kind.TIMED_OUT))
FORBIDDEN = outcome(refused(403, "permission_error", "No access to this model."))
BAD_REQUEST = outcome(refused(400, "invalid_request_error"))
LEFT = outcome(Ended(Kind.CANCELLED))
TAKEN_BACK = outcome(Ended(Kind.REVOKED))
DIED = outcome(Ended(Kind.DIED))
UNASKED = outcome(None, refusal="pool_timeout")
LIMITED = outcome(refused(429, "rate_limit_error"))  # by an API key: no word of when
