"""What can be wrong: stable codes, and for each the sentence and the remedy.

The sentences of the contract's three problems are word for word the contract's.
"""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """A component's or the service's status, in the contract's words."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNAUTHENTICATED = "unauthenticated"
    ERROR = "error"


class Code(StrEnum):
    """A stable name for what is wrong; also the ``type`` of an error in metrics.

    Where several things are wrong, the first in this order explains the service.
    """

    CHECK_FAILED = "check_failed"
    STALE = "stale"
    DRAINING = "draining"
    CLI_NOT_FOUND = "cli_not_found"
    CLI_NOT_EXECUTABLE = "cli_not_executable"
    CLI_FAILED = "cli_failed"
    CLI_TIMEOUT = "cli_timeout"
    CLI_TOO_OLD = "cli_too_old"
    CLI_UNSUPPORTED = "cli_unsupported"
    STARTING = "starting"
    NOT_AUTHENTICATED = "not_authenticated"
    LOGIN_EXPIRED = "login_expired"
    LOGIN_REJECTED = "login_rejected"
    QUOTA_EXHAUSTED = "quota_exhausted"
    UPSTREAM_UNREACHABLE = "upstream_unreachable"

    PORT_IN_USE = "port_in_use"
    ADDRESS_UNAVAILABLE = "address_unavailable"

    BAD_REQUEST = "bad_request"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    OVERLOADED = "overloaded"
    UPSTREAM_TIMEOUT = "upstream_timeout"
    INTERNAL_ERROR = "internal_error"


# The service comes or goes, which says nothing of whether it works.
PASSING_CODES = (Code.STARTING, Code.DRAINING)
LOGIN_CODES = (Code.NOT_AUTHENTICATED, Code.LOGIN_EXPIRED, Code.LOGIN_REJECTED)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a person reads: ``error`` says what is wrong, ``remedy`` what to do."""

    error: str
    remedy: str
    status: Status = Status.UNHEALTHY


_NOT_AVAILABLE = "Claude CLI not available"
_NOT_AUTHENTICATED = "Claude CLI authentication failed"

MEANINGS = {
    Code.CLI_NOT_FOUND: Meaning(
        "Claude CLI not found in PATH", "Install Claude CLI or set CLAUDE_CLI_PATH."
    ),
    Code.CLI_NOT_EXECUTABLE: Meaning(
        _NOT_AVAILABLE,
        "Make the Claude CLI an executable file (chmod +x), or set CLAUDE_CLI_PATH to"
        " one.",
    ),
    Code.CLI_FAILED: Meaning(
        _NOT_AVAILABLE,
        "Run 'claude-proxy status' (the CLI's own 'claude auth status') as the proxy's"
        " user to see why it fails, or install the CLI again.",
    ),
    Code.CLI_TIMEOUT: Meaning(
        _NOT_AVAILABLE,
        "The Claude CLI does not answer: look at the host's load and disk, or raise"
        " HEALTH_CHECK_TIMEOUT_SECONDS.",
    ),
    Code.NOT_AUTHENTICATED: Meaning(
        _NOT_AUTHENTICATED,
        "Run 'claude-proxy login' as the proxy's user (or 'claude auth login' with the"
        " same CLI).",
    ),
    Code.LOGIN_EXPIRED: Meaning(
        _NOT_AUTHENTICATED,
        "The login has expired and cannot renew itself: run 'claude-proxy login' as the"
        " proxy's user (or 'claude auth login' with the same CLI).",
    ),
    Code.LOGIN_REJECTED: Meaning(
        _NOT_AUTHENTICATED,
        "A request was rejected for its login, and its answer says why: run"
        " 'claude-proxy login' as the proxy's user, or correct the key or token in the"
        " proxy's environment.",
    ),
    Code.QUOTA_EXHAUSTED: Meaning(
        "The account's quota is used up",
        "Wait for the reset (Retry-After), or log in with another account"
        " ('claude-proxy login').",
    ),
    Code.STALE: Meaning(
        "Health checks have stopped",
        "Restart the proxy, and report this with its log.",
        Status.ERROR,
    ),
    Code.CHECK_FAILED: Meaning(
        "Health check failed",
        "See the proxy's log for the check that failed.",
        Status.ERROR,
    ),
    Code.DRAINING: Meaning(
        "Service is shutting down", "Send requests to another instance."
    ),
    Code.STARTING: Meaning(
        "Service is starting", "Wait for the first check; it takes a few seconds."
    ),
    Code.PORT_IN_USE: Meaning(
        "Port already in use", "Change port with --port or PORT environment variable."
    ),
    Code.ADDRESS_UNAVAILABLE: Meaning(
        "Cannot listen there",
        "Change the address with --host or HOST, or the port with --port.",
    ),
    Code.BAD_REQUEST: Meaning("Bad Request", "Correct the request.", Status.ERROR),
    Code.NOT_FOUND: Meaning(
        "Not Found", "See /openapi.json for the paths there are.", Status.ERROR
    ),
    Code.METHOD_NOT_ALLOWED: Meaning(
        "Method Not Allowed",
        "Use one of the methods in the Allow header.",
        Status.ERROR,
    ),
    Code.OVERLOADED: Meaning(
        "Service Unavailable",
        "Come back after the seconds in Retry-After.",
        Status.ERROR,
    ),
    Code.CLI_TOO_OLD: Meaning(
        "Claude CLI too old for requests",
        "Install Claude CLI 2.1.330 or newer.",
    ),
    Code.CLI_UNSUPPORTED: Meaning(
        "Claude CLI does not send requests as they were asked",
        "Install another version of Claude CLI, or see that no managed policy of this"
        " machine sets an upstream, a model or a body; the proxy's log says what"
        " differs.",
    ),
    Code.UPSTREAM_UNREACHABLE: Meaning(
        "The Claude CLI cannot reach its upstream",
        "Look at the proxy's network, its DNS and its HTTPS_PROXY.",
    ),
    Code.UPSTREAM_TIMEOUT: Meaning(
        "No answer came in time",
        "Ask again, or raise FIRST_EVENT_TIMEOUT_SECONDS, STALL_TIMEOUT_SECONDS or"
        " TOTAL_TIMEOUT_SECONDS.",
        Status.ERROR,
    ),
    Code.INTERNAL_ERROR: Meaning(
        "Internal Server Error",
        "See the proxy's log line with this request_id.",
        Status.ERROR,
    ),
}
