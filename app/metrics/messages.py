"""What is counted of requests to the model, and what the upstream says of the quota."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import Metric

_PREFIX = "claude_proxy_"
_BY_CALLER = "requests_by_caller"
_COST = (
    "Cost of answers in US dollars, at list prices, as the CLI tells it: not of answers"
    " after which its process is ended at once (max_tokens, refusal, a client gone),"
    " nor of models it has no price for."
)
_BUCKETS = (
    *(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0),
)


def nameless(metric: Metric) -> Metric:
    """Return the metric as a stranger may see it: no name of who has a key."""
    if metric.name != _PREFIX + _BY_CALLER:
        return metric
    sums: dict[tuple[str, str], float] = {}
    for sample in metric.samples:
        of_all = sample.name, sample.labels["outcome"]
        sums[of_all] = sums.get(of_all, 0.0) + sample.value
    shown = Metric(metric.name, metric.documentation, metric.type)
    for (name, outcome), value in sums.items():
        shown.add_sample(name, {"caller": "", "outcome": outcome}, value)
    return shown


class MessagesMetrics:
    """What is counted of requests to the model; labels take bounded values alone."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register everything."""

        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(_PREFIX + name, meaning, labels, registry=registry)

        def timed(name: str, meaning: str, *labels: str) -> Histogram:
            name = f"{_PREFIX}{name}_seconds"
            return Histogram(name, meaning, labels, buckets=_BUCKETS, registry=registry)

        def last_told(name: str, meaning: str) -> Gauge:
            return Gauge(
                f"{_PREFIX}quota_{name}",
                meaning,
                ("window",),
                registry=registry,
                multiprocess_mode="mostrecent",  # of whichever worker, dead ones too
            )

        self.tokens = counter(
            "tokens", "Tokens that the upstream has counted.", "model", "type"
        )
        self.cost = counter("cost_dollars", _COST, "model")
        self.first_token = timed(
            "time_to_first_token",
            "Time from the request to the first event of its answer.",
            "model",
        )
        self.queued = timed(
            "time_in_queue", "Time until a request has a Claude CLI, or is refused one."
        )
        self.upstream_errors = counter(
            "upstream_errors", "Errors of the upstream, and of the way there.", "type"
        )
        self.by_caller = counter(
            _BY_CALLER,
            "Requests to the model, by who asked and how they ended.",
            *("caller", "outcome"),
        )
        self.ignored_parameters = counter(
            "ignored_parameters",
            "Parameters of OpenAI's API that were let pass without effect.",
            "parameter",
        )
        self.quota_used = last_told(
            "utilization_ratio", "Part of a quota that is used up, as last told."
        )
        self.quota_reset = last_told(
            "reset_timestamp_seconds", "When a quota is there again, as last told."
        )
