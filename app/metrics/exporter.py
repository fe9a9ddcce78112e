"""``/metrics``, by the exporter, and every request counted on its way out."""

import time
from collections.abc import Callable, Iterable

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from prometheus_flask_exporter import PrometheusMetrics

from app.metrics.registry import Metrics

PATH = "/metrics"
UNMATCHED = "unmatched"  # one series for every path there is no route for
OTHER = "OTHER"  # one for every method nobody knows
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def init_app(app: Flask, metrics: Metrics, *, exported: bool) -> None:
    """Count every request of the app, and export where that is wanted."""
    app.before_request(_begin(metrics))
    app.after_request(_count(metrics))
    app.teardown_request(_end(metrics))
    if exported:
        Exporter(app, path=PATH, export_defaults=False, registry=metrics.registry)


class Exporter(PrometheusMetrics):  # type: ignore[misc]  # it has no types
    """The exporter, but reading our registry.

    In multiprocess mode its own reads nothing but the files: our collectors would be
    missing, and ``/metrics?name[]=x`` is a 500 there.
    """

    def generate_metrics(
        self, accept_header: str | None = None, names: list[str] | None = None
    ) -> tuple[str, str]:
        """Write all metrics, or those of these names, in the format asked for."""
        registry = self.registry
        if names:
            registry = CollectorRegistry()
            registry.register(_Named(self.registry, set(names)))
        encode, content_type = choose_encoder(accept_header or "")
        return encode(registry).decode(), content_type


class _Named(Collector):
    """The metrics of a registry that have one of these names, or a sample that has."""

    def __init__(self, registry: CollectorRegistry, names: set[str]) -> None:
        self._registry = registry
        self._names = names

    def collect(self) -> Iterable[Metric]:
        for metric in self._registry.collect():
            if self._names & {metric.name, *(each.name for each in metric.samples)}:
                yield metric


def _begin(metrics: Metrics) -> Callable[[], None]:
    def begin() -> None:
        g.began, g.streams = time.perf_counter(), False
        metrics.in_progress.inc()

    return begin


def _count(metrics: Metrics) -> Callable[[Response], Response]:
    def count(response: Response) -> Response:
        method = request.method if request.method in _METHODS else OTHER
        endpoint = request.url_rule.rule if request.url_rule else UNMATCHED
        labels = (method, endpoint, str(response.status_code))
        began = g.began
        metrics.requests.labels(*labels).inc()
        if response.status_code >= 400:
            code = g.get("error_code", f"http_{response.status_code}")
            metrics.errors.labels(code).inc()
        if not response.is_streamed:
            metrics.duration.labels(*labels).observe(time.perf_counter() - began)
            return response
        g.streams = True

        def last_byte() -> None:
            metrics.in_progress.dec()
            metrics.duration.labels(*labels).observe(time.perf_counter() - began)

        response.call_on_close(last_byte)
        return response

    return count


def _end(metrics: Metrics) -> Callable[[BaseException | None], None]:
    def end(error: BaseException | None) -> None:
        del error
        if g.get("streams") is False:
            metrics.in_progress.dec()

    return end
