"""Counts what each request came to."""

from collections.abc import Callable, Collection

from app.messages.errors import ApiError
from app.metrics.messages import MessagesMetrics
from app.pool.events import Ended, Kind, RateLimit, Window
from app.pool.outcome import Outcome

OTHER = "other"  # one series for whatever nobody knows
_WINDOWS = frozenset(
    {
        *("five_hour", "seven_day", "seven_day_opus", "seven_day_sonnet"),
        *("seven_day_overage_included", "overage"),
    }
)


class Counting:
    """A listener; ``models`` returns those that have series of their own."""

    def __init__(
        self, metrics: MessagesMetrics, models: Callable[[], Collection[str]]
    ) -> None:
        """Count in these metrics."""
        self._metrics, self._models = metrics, models

    def __call__(self, outcome: Outcome) -> None:
        """Count one request."""
        metrics = self._metrics
        model = outcome.model if outcome.model in self._models() else OTHER
        metrics.by_caller.labels(outcome.caller, _end(outcome)).inc()
        metrics.queued.observe(outcome.queued)
        if outcome.first_event is not None:
            metrics.first_token.labels(model).observe(outcome.first_event)
        if error := _upstream_error(outcome.ended):
            metrics.upstream_errors.labels(error).inc()
        if outcome.cost:
            metrics.cost.labels(model).inc(outcome.cost)
        self._count_tokens(model, outcome)
        if outcome.limit:
            self._show_quota(outcome.limit)

    def _count_tokens(self, model: str, outcome: Outcome) -> None:
        usage = outcome.usage
        for kind, count in (
            ("input", usage.input_tokens),
            ("output", usage.output_tokens),
            ("cache_creation", usage.cache_creation_input_tokens),
            ("cache_read", usage.cache_read_input_tokens),
        ):
            if count > 0:
                self._metrics.tokens.labels(model, kind).inc(count)

    def _show_quota(self, limit: RateLimit) -> None:
        only = {limit.window or OTHER: Window(limit.utilization, limit.resets_at)}
        for name, window in (limit.windows or only).items():
            label = name if name in _WINDOWS else OTHER
            if window.utilization is not None:
                self._metrics.quota_used.labels(label).set(window.utilization)
            if window.resets_at is not None:
                self._metrics.quota_reset.labels(label).set(window.resets_at)


def _end(outcome: Outcome) -> str:
    if outcome.ended:
        return outcome.ended.kind.value
    return outcome.refusal or "internal_error"


def _upstream_error(ended: Ended | None) -> str | None:
    """Return the type by the status: never an upstream's free word."""
    if ended is None:
        return None
    if ended.kind is Kind.UPSTREAM_ERROR:
        return ApiError(ended.status or 500, "").known_type
    return ended.kind.value if ended.kind in (Kind.NETWORK, Kind.TIMED_OUT) else None
