"""Real gunicorn processes, started as a user starts them and ended by pid."""

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import pytest
import requests

from tests.conftest import wait_until

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


class Service:
    """One running service; what it writes is in ``log``."""

    def __init__(self, log: Path, command: list[str], extra: dict[str, str]) -> None:
        self.log_file = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | extra, stderr=stderr
            )

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    @cached_property
    def url(self) -> str:
        found = wait_until(
            lambda: re.search(r"Listening at: (http://[^ \"]+)", self.log), 20
        )
        return found.group(1)

    def get(self, path: str = "/health", **kwargs) -> requests.Response:
        return requests.get(self.url + path, timeout=10, **kwargs)

    def becomes(self, code: str | None, path: str = "/health") -> requests.Response:
        """Wait until the service reports this code, and return the answer."""

        def reports(answer: requests.Response) -> bool:
            return answer.json().get("details", {}).get("code") == code

        # In a tuple, since requests calls an answer of 400 and above false.
        return wait_until(lambda: reports(answer := self.get(path)) and (answer,), 30)[
            0
        ]

    def workers(self) -> list[int]:
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in children.split()]

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start services on free ports; all are ended after the test."""
    started: list[Service] = []

    def serve(*command: str, **variables: str) -> Service:
        default = [sys.executable, "-m", "app", "serve"]
        log = tmp_path / f"service-{len(started)}.log"
        service = Service(
            log,
            list(command) or default,
            {"PORT": "0", "DRAIN_SECONDS": "0", **variables},
        )
        started.append(service)
        return service

    yield serve
    for service in started:
        service.stop()


@pytest.fixture
def dial() -> Iterator[Callable[..., socket.socket]]:
    """Open connections to a service; all are closed after the test.

    One that is ``unreading`` offers little room and small segments, as over a network.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with contextlib.ExitStack() as opened:

        def dial(service: Service, *, unreading: bool = False) -> socket.socket:
            connection = opened.enter_context(socket.socket())
            connection.settimeout(5)
            if unreading:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1448)
            host, port = service.url.removeprefix("http://").split(":")
            connection.connect((host, int(port)))
            return connection

        yield dial
