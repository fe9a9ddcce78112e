"""What can be wrong: stable codes, and for each the sentence and the remedy.

The sentences of the contract's three troubles are word for word the contract's.
"""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """A stable name for what is wrong; also the ``type`` of an error in metrics."""

    CLI_NOT_FOUND = "cli_not_found"
    CLI_NOT_EXECUTABLE = "cli_not_executable"
    CLI_FAILED = "cli_failed"
    CLI_TIMEOUT = "cli_timeout"
    NOT_AUTHENTICATED = "not_authenticated"
    LOGIN_EXPIRED = "login_expired"
    STALE = "stale"
    CHECK_FAILED = "check_failed"
    STARTING = "starting"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a person reads: ``error`` says what is wrong, ``remedy`` what to do."""

    error: str
    remedy: str


_NOT_AVAILABLE = "Claude CLI not available"
_NOT_AUTHENTICATED = "Claude CLI authentication failed"

ONLY_PLACE_SEARCHED = (
    "CLAUDE_CLI_PATH names the only place that is searched: correct it, or unset it."
)

TROUBLES = {
    Code.CLI_NOT_FOUND: Trouble(
        "Claude CLI not found in PATH", "Install Claude CLI or set CLAUDE_CLI_PATH."
    ),
    Code.CLI_NOT_EXECUTABLE: Trouble(
        _NOT_AVAILABLE,
        "Make the Claude CLI an executable file (chmod +x), or set CLAUDE_CLI_PATH to"
        " one.",
    ),
    Code.CLI_FAILED: Trouble(
        _NOT_AVAILABLE,
        "Run 'claude --version' and 'claude auth status' as the proxy's user to see"
        " why they fail, or install the CLI again.",
    ),
    Code.CLI_TIMEOUT: Trouble(
        _NOT_AVAILABLE,
        "The Claude CLI does not answer: look at the host's load and disk, or raise"
        " HEALTH_CHECK_TIMEOUT_SECONDS.",
    ),
    Code.NOT_AUTHENTICATED: Trouble(
        _NOT_AUTHENTICATED, "Run 'claude auth login' as the proxy's user."
    ),
    Code.LOGIN_EXPIRED: Trouble(
        _NOT_AUTHENTICATED,
        "The login has expired and cannot renew itself: run 'claude auth login' as the"
        " proxy's user.",
    ),
    Code.STALE: Trouble(
        "Health checks have stopped",
        "Restart the proxy, and report this with its log.",
    ),
    Code.CHECK_FAILED: Trouble(
        "Health check failed", "See the proxy's log for the check that failed."
    ),
    Code.DRAINING: Trouble(
        "Service is shutting down", "Send requests to another instance."
    ),
    Code.STARTING: Trouble(
        "Service is starting", "Wait for the first check; it takes a few seconds."
    ),
}
