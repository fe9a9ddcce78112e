"""What a request ended with, as an error of the Messages API."""

import time

from app.contract.codes import Code
from app.messages.errors import ApiError, ours, overloaded, revoked
from app.pool.errors import (
    CannotStart,
    CliTooOld,
    CliUnsupported,
    PoolClosed,
    PoolError,
    PoolTimeout,
    Revoked,
    TooManyRequests,
)
from app.pool.events import Ended, Kind, RateLimit

_OURS = {
    Kind.NOT_LOGGED_IN: ours(Code.NOT_AUTHENTICATED),
    Kind.DIED: ours(Code.CLI_FAILED, again=True),
    Kind.CANCELLED: ours(Code.DRAINING, again=True),
    Kind.REVOKED: revoked(),
    Kind.NETWORK: ours(Code.UPSTREAM_UNREACHABLE, again=True),
    Kind.TIMED_OUT: ours(Code.UPSTREAM_TIMEOUT, status=504, again=True),
}


def error_of(ended: Ended, limit: RateLimit | None) -> ApiError | None:
    """Return the error that a request ended with; None where it ended well.

    ``limit`` is what the upstream last said of the quota: when it is there again.
    """
    if ended.kind is Kind.GOOD:
        return None
    if ended.kind is not Kind.UPSTREAM_ERROR:
        return _OURS[ended.kind]
    message = ended.message or ended.said or "The upstream gave no reason."
    wait = _seconds_until_reset(limit) if ended.status == 429 else None
    return ApiError(ended.status or 500, message, ended.type, retry_after=wait)


def _seconds_until_reset(limit: RateLimit | None) -> float | None:
    if limit is None or limit.status != "rejected" or limit.resets_at is None:
        return None
    return max(1.0, limit.resets_at - time.time())


def refusal_of(error: PoolError) -> ApiError:
    """Return the error for who got no process."""
    if isinstance(error, TooManyRequests | PoolTimeout):
        return overloaded()
    if isinstance(error, PoolClosed):
        return ours(Code.DRAINING, again=True)
    if isinstance(error, Revoked):
        return revoked()
    if isinstance(error, CannotStart):
        passing = not isinstance(error, CliTooOld | CliUnsupported)
        return ours(Code(error.code), again=passing)
    return ours(Code.INTERNAL_ERROR, status=500)
