"""Real gunicorn processes, started as a user starts them and ended by pid."""

import contextlib
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.processes import Service


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
