"""``/metrics``, by the exporter, and every request counted on its way out."""

import time
from collections.abc import Callable, Hashable, Iterable
from threading import Lock
from typing import Any, NamedTuple

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from prometheus_flask_exporter import PrometheusMetrics

from app.metrics.messages import nameless
from app.metrics.registry import Metrics
from app.metrics.singleflight import SingleFlight

PATH = "/metrics"
UNMATCHED = "unmatched"  # one series for every path there is no route for
OTHER = "OTHER"  # one for every method nobody knows
_Encode = Callable[[Any], bytes]
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class View(NamedTuple):
    """What depends on who asks: a metric of its own, and whether it sees names."""

    own: Metric
    shows_names: bool


def init_app(
    app: Flask, metrics: Metrics, view: Callable[[], View], *, exported: bool
) -> None:
    """Count every request of the app, and export where that is wanted.

    ``view`` returns what the caller of the current request may see.
    """
    app.before_request(_begin(metrics))
    app.after_request(_count(metrics))
    app.teardown_request(_end(metrics))
    if exported:
        Exporter(app, metrics.registry, view)


class Exporter(PrometheusMetrics):  # type: ignore[misc]  # it has no types
    """The exporter, but reading our registry, and once for all who wait.

    In multiprocess mode its own reads nothing but the files: our collectors would be
    missing, and ``/metrics?name[]=x`` is a 500 there.
    """

    def __init__(
        self,
        app: Flask,
        registry: CollectorRegistry,
        view: Callable[[], View],
    ) -> None:
        """Serve ``/metrics`` of the app from this registry."""
        self._scrapes = SingleFlight(lambda: _Scrape(registry))
        self._view = view
        super().__init__(app, path=PATH, export_defaults=False, registry=registry)

    def generate_metrics(
        self, accept_header: str | None = None, names: list[str] | None = None
    ) -> tuple[str, str]:
        """Write all metrics, or those of these names, in the format asked for."""
        encode, content_type = choose_encoder(accept_header or "")
        view = self._view()
        text = self._scrapes.get().written(encode, content_type, view, names or ())
        return text, content_type


class _Scrape:
    """What a registry held at one moment, written once for all who ask alike."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._families = list(registry.collect())
        self._texts: dict[Hashable, str] = {}  # no more than waited for this scrape
        self._lock = Lock()

    def written(
        self, encode: _Encode, content_type: str, view: View, names: Iterable[str]
    ) -> str:
        """Write the metrics of these names (none: all), the caller's own among them."""
        wanted = frozenset(names)
        alike = content_type, wanted, repr(view)
        with self._lock:
            if alike not in self._texts:
                families = [*self._families, view.own]
                if not view.shows_names:
                    families = [nameless(each) for each in families]
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
