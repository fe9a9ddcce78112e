"""Why a caller got no process; each has a stable code, another room has the words."""


class PoolError(Exception):
    """No process for this request; ``code`` never changes."""

    code = "pool_failed"


class PoolTimeout(PoolError):
    """No process became free before the deadline."""

    code = "pool_timeout"


class TooManyRequests(PoolError):
    """As many requests wait already as may."""

    code = "too_many_requests"


class PoolClosed(PoolError):
    """The pool is closed, or was closed meanwhile."""

    code = "pool_closed"


class GaveUp(PoolError):
    """The caller went away while it waited."""

    code = "cancelled"


class Revoked(PoolError):
    """The caller is none any more: its key was taken back while it waited."""

    code = "revoked"


class CannotStart(PoolError):
    """The CLI could not be started, or was not ready before its deadline."""

    code = "cli_failed"


class CliNotFound(CannotStart):
    """There is no CLI; one that is just being replaced is back in a moment."""

    code = "cli_not_found"


class CliNotExecutable(CannotStart):
    """What is there cannot be executed."""

    code = "cli_not_executable"


class CliTooOld(CannotStart):
    """The CLI may not know the setting that carries a request's body."""

    code = "cli_too_old"


class CliUnsupported(CannotStart):
    """The CLI sends something else than it is asked to, as a self-test has shown."""

    code = "cli_unsupported"
