"""The health as metrics, made at each scrape from the state every answer comes from.

Gauges kept in the workers' files could disagree with one another; these cannot.
"""

import os
from collections.abc import Callable, Iterable, Mapping

from flask import request
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.components.api_server import ApiServer
from app.components.authentication import Authentication
from app.components.claude_cli import ClaudeCli
from app.contract.codes import Status
from app.metrics.exporter import View
from app.metrics.process import resident_bytes, workers
from app.monitor.monitor import Monitor
from app.monitor.report import ComponentReport, Report
from app.runtime import VERSION, Runtime
from app.web.access import sees_details
from config.settings import Settings

_CLI, _LOGIN = ClaudeCli.name, Authentication.name


class HealthCollector(Collector):
    """The health of one app; adds to a registry what is true at the scrape."""

    def __init__(self, monitor: Monitor, runtime: Runtime) -> None:
        self._monitor = monitor
        self._runtime = runtime

    def collect(self) -> Iterable[Metric]:
        """Yield every gauge of the health and of the processes."""
        report = self._monitor.report()
        cli, login = (report.components[name] for name in (_CLI, _LOGIN))
        yield _gauge("claude_cli_status", "Claude CLI availability.", cli)
        yield _gauge("authentication_status", "Whether the login works.", login)
        yield self._component_healthy(report)
        yield from _checks(report.components)
        yield _login_expiry(report)
        yield _plain(
            "process_start_time_seconds",
            "When the service started, as Unix time.",
            self._runtime.started.timestamp(),
        )
        server = self._runtime.server_pid
        if server != os.getpid() and (running := workers(server)):
            meaning = "Worker processes that run now."
            yield _plain("claude_proxy_workers", meaning, len(running))
        if memory := resident_bytes(server):
            meaning = "Resident memory of all its processes."
            yield _plain("process_resident_memory_bytes", meaning, memory)

    def _component_healthy(self, report: Report) -> Metric:
        meaning = "Whether a component is healthy."
        family = GaugeMetricFamily(
            "claude_proxy_component_healthy", meaning, labels=["component"]
        )
        for name, component in report.components.items():
            family.add_metric([name], component.status == Status.HEALTHY)
        family.add_metric([ApiServer.name], not self._runtime.draining)
        return family


def view_of(monitor: Monitor, settings: Settings) -> Callable[[], View]:
    """Return what tells what the caller of the current request sees of ``/metrics``.

    The versions are not the collector's: that one's are shared by callers, trusted or
    not.
    """

    def view() -> View:
        shown = sees_details(request, settings)
        cli = monitor.report().components[_CLI].described["version"] if shown else ""
        labels = {"version": VERSION, "claude_cli_version": cli or ""}
        family = GaugeMetricFamily(
            "claude_proxy_build_info", "Versions, as labels.", labels=list(labels)
        )
        family.add_metric(list(labels.values()), 1)
        return View(family, shown)

    return view


def _gauge(name: str, meaning: str, component: ComponentReport) -> Metric:
    healthy = component.status == Status.HEALTHY
    return _plain(f"claude_proxy_{name}", f"{meaning} 0 or 1.", healthy)


def _plain(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _checks(components: Mapping[str, ComponentReport]) -> Iterable[Metric]:
    prefix = "claude_proxy_health_check"
    took = GaugeMetricFamily(
        f"{prefix}_duration_seconds",
        "How long the last check took.",
        labels=["component"],
    )
    succeeded = GaugeMetricFamily(
        f"{prefix}_last_success_timestamp_seconds",
        "When a check last found the component healthy, as Unix time.",
        labels=["component"],
    )
    for name, component in components.items():
        if component.took is not None:
            took.add_metric([name], component.took)
        if component.succeeded is not None:
            succeeded.add_metric([name], component.succeeded.timestamp())
    return took, succeeded


def _login_expiry(report: Report) -> Metric:
    """Say when the login ends; a renewable one has no end that is known."""
    login = report.components[_LOGIN].described
    renewable, expires = login["renewable"], login["expires"]
    end = login["login_ends"] or (None if renewable else expires)
    family = GaugeMetricFamily(
        "claude_proxy_login_expiry_timestamp_seconds",
        "When the login ends, as Unix time; absent while no end is known.",
    )
    if end is not None:
        family.add_metric([], end.timestamp())
    return family
