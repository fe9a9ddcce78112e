"""One gunicorn under measurement: started, loaded, read out of /proc and ended."""

import contextlib
import http.client
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[1]
_TICK = os.sysconf("SC_CLK_TCK")
_STARTS_WITHIN = 20.0  # seconds


def spread(values: Sequence[float], unit: str = "", digits: int = 2) -> str:
    """Write a median with its least and most."""
    least, most = min(values), max(values)
    middle = statistics.median(values)
    return f"{middle:.{digits}f}{unit} ({least:.{digits}f} to {most:.{digits}f})"


class Service:
    """A running gunicorn; Linux only, since it reads /proc.

    ``command`` follows ``python``; it must print gunicorn's ``Listening at``. It has
    one core to itself, unless it is to have ``all_cores``.
    """

    def __init__(
        self, *command: str, all_cores: bool = False, **variables: str
    ) -> None:
        self._folder = TemporaryDirectory()
        home = self._folder.name
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "STATE_DIR": f"{home}/state",
            "PORT": "0",
            "ANTHROPIC_API_KEY": "sk-ant-made-up",
            **variables,
        }
        self._log = Path(home, "log")
        self.started = time.perf_counter()
        before = os.sched_getaffinity(0)
        cores = before if all_cores else {max(before)}
        os.sched_setaffinity(0, cores)  # inherited; load comes from any core
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self.environment, stderr=log
            )
        os.sched_setaffinity(0, before)

        self.state = Path(home, "state")

    def __enter__(self) -> Self:
        """Wait until it listens."""
        until = time.monotonic() + _STARTS_WITHIN
        while not (found := re.search(r"127\.0\.0\.1:(\d+)", self._log.read_text())):
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(self._log.read_text())
            time.sleep(0.002)
        self.address = ("127.0.0.1", int(found.group(1)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it, and remove its folder."""
        self.process.terminate()
        self.process.wait(30)
        self._folder.cleanup()

    def status(self, path: str = "/health") -> int:
        """Ask once and return the HTTP status; 0 where nobody answers yet."""
        try:
            with contextlib.closing(
                http.client.HTTPConnection(*self.address, timeout=5)
            ) as connection:
                connection.request("GET", path)
                return connection.getresponse().status
        except OSError:
            return 0

    def wait_for(self, status: int, path: str = "/health") -> float:
        """Wait for this status; return the seconds since the start."""
        until = time.monotonic() + _STARTS_WITHIN
        while self.status(path) != status:
            if time.monotonic() > until:
                raise RuntimeError(f"no {status}: {self._log.read_text()}")
            time.sleep(0.005)
        return time.perf_counter() - self.started

    def load(self, requests: int, path: str = "/health") -> None:
        """Ask ``requests`` times over one kept-alive connection."""
        connection = http.client.HTTPConnection(*self.address, timeout=5)
        with contextlib.closing(connection):
            for _ in range(requests):
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                if answer.status != http.HTTPStatus.OK:
                    raise RuntimeError(f"{path} was {answer.status}")

    def size(self, path: str) -> int:
        """Ask once and return the bytes of the answer's body."""
        connection = http.client.HTTPConnection(*self.address, timeout=5)
        with contextlib.closing(connection):
            connection.request("GET", path)
            return len(connection.getresponse().read())

    def pids(self) -> list[int]:
        """Return the master and its workers."""
        master = self.process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text()
        return [master, *map(int, children.split())]

    def cpu_seconds(self) -> float:
        """Return the CPU time all its processes have used."""
        used = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            used += int(fields[11]) + int(fields[12])
        return used / _TICK

    def cost(self, requests: int, path: str) -> float:
        """Return CPU microseconds a request."""
        before = self.cpu_seconds()
        self.load(requests, path)
        return (self.cpu_seconds() - before) / requests * 1e6

    def memory_mib(self) -> dict[str, float]:
        """Return the memory of its processes together: RSS, and PSS (shared once)."""
        total = {"Rss": 0.0, "Pss": 0.0}
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in total:
                    total[name] += int(value.split()[0]) / 1024
        return total
