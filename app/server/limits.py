"""How many connections a worker can hold beside what it needs for itself."""

import resource
import sys
from contextlib import suppress

_OURS = 32  # descriptors for what is no connection: state, metrics, the CLI's pipes
_FEWEST = 8  # connections


def connections(wanted: int) -> int:
    """Return how many of the wanted connections there are descriptors for."""
    return min(wanted, max(_FEWEST, _descriptors() - _OURS))


def _descriptors() -> int:
    """Allow this process as many open descriptors as the system does; say how many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if allowed == resource.RLIM_INFINITY else allowed
