"""What is counted of the warm processes of all workers."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge

_PREFIX = "claude_proxy_pool_"
_COUNTED = {  # by the pool's own names
    "hits": ("hits", "Requests that got a Claude CLI of their own key."),
    "misses": ("misses", "Requests that got a new Claude CLI."),
    "starts": ("starts", "Starts of a Claude CLI."),
    "starts_failed": ("start_failures", "Starts of a Claude CLI that failed."),
}
_END = "ends_"
_STATES = ("spares", "busy", "idle", "starting")


class PoolMetrics:
    """The figures of all workers' pools; a worker's are told as they change."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register everything."""
        self._counters = {
            name: Counter(_PREFIX + shown, meaning, registry=registry)
            for name, (shown, meaning) in _COUNTED.items()
        }
        self._ends = Counter(
            f"{_PREFIX}ends",
            "Claude CLIs that were let go, by why.",
            ("reason",),
            registry=registry,
        )
        self._processes = Gauge(
            f"{_PREFIX}processes",
            "Claude CLIs, by what they do.",
            ("state",),
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._waiting = Gauge(
            f"{_PREFIX}requests_waiting",
            "Requests that wait for a Claude CLI.",
            registry=registry,
            multiprocess_mode="livesum",
        )

    def count(self, name: str, number: int) -> None:
        """Count what has happened, by the pool's name of it; takes 2 µs."""
        if name.startswith(_END):
            self._ends.labels(name.removeprefix(_END)).inc(number)
        else:
            self._counters[name].inc(number)

    def show(self, stats: Mapping[str, int]) -> None:
        """Show what there is now in this worker, by the pool's ``stats``."""
        for state in _STATES:
            self._processes.labels(state).set(stats[f"pool_{state}"])
        self._waiting.set(stats["requests_waiting"])
