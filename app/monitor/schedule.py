"""When something is due: pure functions, the clock is passed in."""

from app.components.evidence import Evidence

GIVEN_UP_AFTER = 3  # timeouts: a slow CLI is given time rather than killed half-way
_LATE = 2.5  # timeouts, for a CLI that was late the last time and yet right
_FIRST_RETRY = 1.0  # seconds after a first inconclusive check; then twice as long


def check_is_due(evidence: Evidence, at: float, interval: float) -> bool:
    """Tell whether the CLI has to be asked at monotonic time ``at``.

    So it is after any change between two inspections, when ``interval`` seconds are
    over, and sooner after inconclusive checks.
    """
    if evidence.probed_at is None or evidence.revision != evidence.checked_revision:
        return True
    wait = interval
    if evidence.doubts:
        wait = min(interval, _FIRST_RETRY * 2.0 ** (evidence.doubts - 1))
    return at >= evidence.probed_at + wait


def doubts_due(evidence: Evidence, waited: float, timeout: float) -> int:
    """Return the doubts that ``waited`` seconds without an answer are worth.

    One each ``timeout``. A CLI whose last answer came late and was right is waited for
    nearly as long as it may take at all: its verdict must not flap every interval.
    """
    took = max((each.seconds for each in evidence.timings.values()), default=0.0)
    if took > timeout:
        return int(waited >= _LATE * timeout)
    return int(waited / timeout)


def longest_age(interval: float, timeout: float) -> float:
    """Return the seconds after which a verdict that nobody renews is stale.

    Never while a check may still be on its way to being inconclusive.
    """
    return max(3 * interval, interval + 2 * GIVEN_UP_AFTER * timeout)
