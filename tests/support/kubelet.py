"""A kubelet for one pod: it starts a service, probes it by its manifest, restarts it.

Written by Kubernetes' ``pkg/kubelet/prober``: what is asked when, what counts, and what
follows. ``speed`` divides delays, periods and graces; time-outs, thresholds and the
time for a start are the manifest's. Left out: the back-off before a second restart
(10 s, doubling).
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import requests

from tests.support.processes import Service

_AGENT = {"User-Agent": "kube-probe/1.37", "Accept": "*/*", "Connection": "close"}


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe of a container, with Kubernetes' own defaults; durations in seconds."""

    name: str
    path: str
    delay: float
    period: float
    timeout: float
    successes: int
    failures: int
    grace: float

    @classmethod
    def read(cls, name: str, spec: dict[str, Any], container: dict[str, Any]) -> Self:
        """Read it; it has to ask the port that the container says it listens on."""
        probe = container[f"{name}Probe"]
        port = {each.get("name"): each["containerPort"] for each in container["ports"]}
        asked = probe["httpGet"]["port"]
        assert port.get(asked, asked) in port.values()
        return cls(
            name=name,
            path=probe["httpGet"]["path"],
            delay=probe.get("initialDelaySeconds", 0),
            period=probe.get("periodSeconds", 10),
            timeout=probe.get("timeoutSeconds", 1),
            successes=probe.get("successThreshold", 1),
            failures=probe.get("failureThreshold", 3),
            grace=probe.get("terminationGracePeriodSeconds", _grace(spec)),
        )

    def ask(self, url: str) -> str:
        """Ask it once at ``url``; return why it fails, nothing where it does not."""
        try:
            answer = requests.get(url + self.path, headers=_AGENT, timeout=self.timeout)
        except requests.Timeout:
            return "no answer"
        except requests.RequestException:
            return "no connection"
        if 200 <= answer.status_code < 400:
            return ""
        with suppress(ValueError, LookupError):
            return f"{answer.status_code} {answer.json()['details']['code']}"
        return str(answer.status_code)


def probes_of(spec: dict[str, Any]) -> list[Probe]:
    """Return the probes of a pod's one container."""
    (container,) = spec["containers"]
    names = ("startup", "readiness", "liveness")
    found = [name for name in names if f"{name}Probe" in container]
    return [Probe.read(name, spec, container) for name in found]


def _grace(spec: dict[str, Any]) -> float:
    return float(spec.get("terminationGracePeriodSeconds", 30))


class Pod:
    """One pod, from its creation to its deletion; ``story`` is what became of it."""

    def __init__(
        self,
        spec: dict[str, Any],
        url: str,
        start: Callable[[], Service],
        speed: float = 1.0,
    ) -> None:
        """Take a pod's specification; ``start`` starts a service at ``url``."""
        self.probes = probes_of(spec)
        self.url, self.speed, self.grace = url, speed, _grace(spec)
        self.start = start
        self.story: list[str] = []
        self.asked: Counter[str] = Counter()
        self.deleted = threading.Event()
        self._container: _Container | None = None
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        """Create it."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Delete it, and wait until it is gone."""
        self.delete()
        self._thread.join(60)

    def delete(self) -> None:
        """Have it ended, as ``kubectl delete pod`` does."""
        self.deleted.set()

    @property
    def gone(self) -> bool:
        """Whether it has ended after its deletion."""
        return self.deleted.is_set() and not self._thread.is_alive()

    @property
    def ready(self) -> bool:
        """Whether a Service sends it connections: never while it is being deleted."""
        now = self._container
        return now is not None and now.ready and not self.deleted.is_set()

    @property
    def restarts(self) -> int:
        """How often its container was started again."""
        return self.story.count("started") - 1

    @property
    def service(self) -> Service:
        """The service that runs in it now."""
        assert self._container
        return self._container.service

    def tell(self, what: str) -> None:
        """Add to the story."""
        self.story.append(what)
        print(f"{time.monotonic() - self._began:6.2f} s  {what}")

    def _run(self) -> None:
        while not self.deleted.is_set():
            self._container = _Container(self)
            self._container.run()


class _Container:
    """One life of a pod's container."""

    def __init__(self, pod: Pod) -> None:
        self.pod = pod
        self.ready = False
        self._began = time.monotonic()
        self._started = not any(each.name == "startup" for each in pod.probes)
        self._killed: Probe | None = None  # by which probe
        self._over = threading.Event()
        self.service = pod.start()
        pod.tell("started")

    def run(self) -> None:
        """Probe it until it has ended; end it where a probe or a deletion says so."""
        threads = [
            threading.Thread(target=self._watch, args=(probe,))
            for probe in self.pod.probes
        ]
        for thread in threads:
            thread.start()
        while self._runs() and not self._killed and not self.pod.deleted.wait(0.02):
            pass
        if self._runs():
            self._end(self._killed.grace if self._killed else self.pod.grace)
        self.ready = False
        self._over.set()
        self.pod.tell(f"ended with {self.service.process.returncode}")
        for thread in threads:
            thread.join()

    def _runs(self) -> bool:
        return self.service.process.poll() is None

    def _end(self, grace: float) -> None:
        self.pod.tell("SIGTERM")
        self.service.process.terminate()
        until = time.monotonic() + grace / self.pod.speed
        while self._runs() and time.monotonic() < until:
            time.sleep(0.02)
        if self._runs():
            self.pod.tell("SIGKILL")
            kill(self.service)

    def _watch(self, probe: Probe) -> None:
        """Ask one probe's question, tick by tick; a late answer takes the next tick."""
        period = probe.period / self.pod.speed
        last, times = None, 0
        while not self._over.is_set():
            tick = time.monotonic()
            if self._is_due(probe):
                self.pod.asked[probe.name] += 1
                said = probe.ask(self.pod.url)
                times = times + 1 if (said == "") is last else 1
                last = said == ""
                enough = probe.successes if last else self._failures(probe)
                if times >= enough and not self._over.is_set():
                    self._settle(probe, said)
            self._over.wait(max(0.0, tick + period - time.monotonic()))

    def _failures(self, probe: Probe) -> float:
        """Return how many in a row are enough: a start is no quicker at any speed."""
        if probe.name == "startup":
            return probe.failures * self.pod.speed
        return probe.failures

    def _is_due(self, probe: Probe) -> bool:
        if (time.monotonic() - self._began) * self.pod.speed < probe.delay:
            return False
        if probe.name == "readiness":
            return self._started
        ending = self.pod.deleted.is_set() or self._killed is not None
        return not ending and self._started == (probe.name == "liveness")

    def _settle(self, probe: Probe, said: str) -> None:
        """Do what follows from as many equal answers as the threshold says."""
        if probe.name == "readiness":
            if self.ready is not (said == ""):
                self.ready = said == ""
                self.pod.tell(f"unready: {said}" if said else "ready")
        elif said:
            self._killed = probe
            self.pod.tell(f"{probe.name} failed: {said}")
        elif probe.name == "startup":
            self._started = True
            self.pod.tell("up")


def kill(service: Service) -> None:
    """End a container's every process at once, as its namespace's end does."""
    for pid in (*service.workers(), service.process.pid):
        os.kill(pid, signal.SIGKILL)
    service.process.wait(10)
