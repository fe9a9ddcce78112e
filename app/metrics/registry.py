"""What this service counts, under the contract's names, and where values are kept.

One registry an app. Under gunicorn the values live in files that all workers share, so
every worker answers with the sum of all, those that have ended included.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from app.metrics.messages import MessagesMetrics
from app.metrics.multiprocess import SharedValues
from app.metrics.pool import PoolMetrics
from app.metrics.singleflight import SingleFlight

_LABELS = ("method", "endpoint", "status")
_BUCKETS = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0),
)


# For annotations in rooms that do not import prometheus_client.
Counted = Counter
Timed = Histogram


class Metrics:
    """What this service counts; ``folder`` holds the files shared by its workers."""

    def __init__(self, folder: str | None) -> None:
        """Register everything; without a folder, values are this process's own."""
        self._values = CollectorRegistry()
        self.registry = self._values if folder is None else CollectorRegistry()
        if folder is not None:
            self.registry.register(SharedValues(folder, self._values))
        self.requests = self._counter("requests", "Requests answered.", _LABELS)
        self.errors = self._counter(
            "errors", "Answers of 400 and above, by their stable code.", ("type",)
        )
        self.transitions = self._counter(
            "health_transitions",
            "Changes of a component's health.",
            ("component", "to"),
        )
        self.duration = Histogram(
            "claude_proxy_request_duration_seconds",
            "Time from the request to the last byte of its answer.",
            _LABELS,
            buckets=_BUCKETS,
            registry=self._values,
        )
        self.in_progress = Gauge(
            "claude_proxy_requests_in_progress",
            "Requests being answered now.",
            registry=self._values,
            multiprocess_mode="livesum",
        )
        self.messages = MessagesMetrics(self._values)
        self.pool = PoolMetrics(self._values)
        self._totals = SingleFlight(self._sum_up)

    def _counter(self, name: str, meaning: str, labels: Iterable[str]) -> Counter:
        return Counter(f"claude_proxy_{name}", meaning, labels, registry=self._values)

    def of_answer(self, *labels: str) -> tuple[Counted, Timed]:
        """Return what counts and times answers with these labels, to be kept."""
        return self.requests.labels(*labels), self.duration.labels(*labels)

    def totals(self) -> tuple[int, int]:
        """Return the requests and errors of all workers, dead ones included."""
        return self._totals.get()

    def _sum_up(self) -> tuple[int, int]:
        sums = dict.fromkeys(("claude_proxy_requests", "claude_proxy_errors"), 0.0)
        for metric in self.registry.collect():
            if metric.name in sums:
                sums[metric.name] += sum(
                    sample.value
                    for sample in metric.samples
                    if sample.name.endswith("_total")
                )
        requests, errors = sums.values()
        return int(requests), int(errors)
