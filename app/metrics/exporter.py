"""``/metrics``, by the exporter, and every request counted on its way out."""

import time
from collections.abc import Callable, Hashable, Iterable
from threading import Lock
from typing import Any

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from prometheus_flask_exporter import PrometheusMetrics

from app.metrics.registry import Metrics
from app.metrics.singleflight import SingleFlight

PATH = "/metrics"
UNMATCHED = "unmatched"  # one series for every path there is no route for
OTHER = "OTHER"  # one for every method nobody knows
_Encode = Callable[[Any], bytes]
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def init_app(
    app: Flask, metrics: Metrics, of_caller: Callable[[], Metric], *, exported: bool
) -> None:
    """Count every request of the app, and export where that is wanted.

    ``of_caller`` returns the metric that depends on who asks.
    """
    app.before_request(_begin(metrics))
    app.after_request(_count(metrics))
    app.teardown_request(_end(metrics))
    if exported:
        Exporter(app, metrics.registry, of_caller)


class Exporter(PrometheusMetrics):  # type: ignore[misc]  # it has no types
    """The exporter, but reading our registry, and once for all who wait.

    In multiprocess mode its own reads nothing but the files: our collectors would be
    missing, and ``/metrics?name[]=x`` is a 500 there.
    """

    def __init__(
        self,
        app: Flask,
        registry: CollectorRegistry,
        of_caller: Callable[[], Metric],
    ) -> None:
        """Serve ``/metrics`` of the app from this registry."""
        self._scrapes = SingleFlight(lambda: _Scrape(registry))
        self._of_caller = of_caller
        super().__init__(app, path=PATH, export_defaults=False, registry=registry)

    def generate_metrics(
        self, accept_header: str | None = None, names: list[str] | None = None
    ) -> tuple[str, str]:
        """Write all metrics, or those of these names, in the format asked for."""
        encode, content_type = choose_encoder(accept_header or "")
        own = self._of_caller()
        text = self._scrapes.get().written(encode, content_type, own, names or ())
        return text, content_type


class _Scrape:
    """What a registry held at one moment, written once for all who ask alike."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._families = list(registry.collect())
        self._texts: dict[Hashable, str] = {}  # no more than waited for this scrape
        self._lock = Lock()

    def written(
        self, encode: _Encode, content_type: str, own: Metric, names: Iterable[str]
    ) -> str:
        """Write the metrics of these names (none: all), the caller's own among them."""
        wanted = frozenset(names)
        alike = content_type, wanted, repr(own)
        with self._lock:
            if alike not in self._texts:
                families = (*self._families, own)
                shown = [each for each in families if _is_named(each, wanted)]
                self._texts[alike] = encode(_Families(shown)).decode()
            return self._texts[alike]


class _Families(Collector):
    """Metrics as an encoder takes them."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def _is_named(metric: Metric, names: frozenset[str]) -> bool:
    """Tell whether the metric or one of its samples has one of the names, if any."""
    has = {metric.name, *(sample.name for sample in metric.samples)}
    return not names or not has.isdisjoint(names)


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
