"""Repeats the answer to ``GET /health`` until the state behind it changes.

Load balancers ask many times a second and get the same bytes each time. This WSGI layer
keeps what the view wrote for the present report and hands it out without going through
Flask. The view stays the only author of the bytes. Only a healthy answer is repeated,
since it is the same for every caller, and only to a request that asks for nothing of
its own (a request id, CORS, another form).
"""

import re
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wsgi import ClosingIterator

from app.health.faces import MAY_ASK_FOR_ANOTHER
from app.metrics.registry import Counted, Metrics, Timed
from app.monitor.monitor import Monitor
from app.monitor.report import Report

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATH = "/health"
_ASKS_FOR_MORE = frozenset({"HTTP_ORIGIN", "HTTP_X_REQUEST_ID"})
_ACCEPTS_MORE = re.compile(f"(?i){MAY_ASK_FOR_ANOTHER}")
_ONE_REQUEST_ONLY = "X-Request-ID"


@dataclass(frozen=True, slots=True)
class Answer:
    """A healthy answer, to be repeated as long as its report is the present one."""

    report: Report
    headers: list[tuple[str, str]]
    body: list[bytes]
    requests: Counted
    duration: Timed

    def count(self, began: float) -> None:
        """Count one more of it, begun at ``time.perf_counter()``."""
        self.requests.inc()
        self.duration.observe(time.perf_counter() - began)


class Replay:
    """A WSGI application around another one, for one app."""

    def __init__(
        self,
        inner: "WSGIApplication",
        monitor: Monitor,
        metrics: Metrics,
    ) -> None:
        self._inner = inner
        self._monitor = monitor
        self._metrics = metrics
        self._answers: dict[str, Answer] = {}  # by method

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Repeat the answer, or let the view write it and keep that."""
        method = environ["REQUEST_METHOD"]
        if environ["PATH_INFO"] != _PATH or method not in ("GET", "HEAD"):
            return self._inner(environ, start_response)
        asks_for_more = not _ASKS_FOR_MORE.isdisjoint(environ)
        if asks_for_more or environ.get("QUERY_STRING"):
            return self._inner(environ, start_response)
        if _ACCEPTS_MORE.search(environ.get("HTTP_ACCEPT", "")):
            return self._inner(environ, start_response)
        began = time.perf_counter()
        report = self._monitor.report()
        known = self._answers.get(method)
        if known is not None and known.report is report:
            start_response("200 OK", known.headers)
            known.count(began)
            return known.body
        return self._keep(report, method, environ, start_response)

    def at_hand(self, method: str) -> Answer | None:
        """Return what may be repeated without waiting for anybody, not yet counted."""
        report = self._monitor.report_at_hand()
        known = self._answers.get(method)
        return known if known and known.report is report else None

    def _keep(
        self,
        report: Report,
        method: str,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        if report.code is not None:
            return self._inner(environ, start_response)
        kept: list[tuple[str, str]] = []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            if status == "200 OK":
                kept.extend(pair for pair in headers if pair[0] != _ONE_REQUEST_ONLY)
            return start_response(status, headers, *more)

        with closing(ClosingIterator(self._inner(environ, start))) as answer:
            body = [b"".join(answer)]
        if kept:
            counted = self._metrics.of_answer(method, _PATH, "200")
            self._answers[method] = Answer(report, kept, body, *counted)
        return body
