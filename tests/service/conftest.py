"""Real gunicorn processes, started as a user starts them and ended by pid."""

import contextlib
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from anthropic import Anthropic

from tests.support.processes import Service
from tests.support.upstream import Upstream


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
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """Lead the real CLI to the stub, with a made-up API key."""
    with Upstream() as upstream:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", upstream.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-made-up")
        yield upstream


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


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory, real_claude
) -> Iterator[tuple[Upstream, Anthropic, Anthropic]]:
    """Return the stub, a client of the stub, and one of the proxy before it."""
    folder = tmp_path_factory.mktemp("differential")
    with Upstream() as upstream, pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "HOME": str(folder),
            "STATE_DIR": str(folder / "state"),
            "ANTHROPIC_BASE_URL": upstream.url,
            "ANTHROPIC_API_KEY": "sk-ant-made-up",
            "CLAUDE_CLI_PATH": str(real_claude),
            "PROXY_API_KEY": "k3y",
        }.items():
            patch.setenv(name, value)
        command = [sys.executable, "-m", "app", "serve"]
        extra = {"PORT": "0", "DRAIN_SECONDS": "0"}
        service = Service(folder / "log", command, extra)
        try:
            common: Any = {"max_retries": 0, "timeout": 30}
            direct = Anthropic(base_url=upstream.url, api_key="k3y", **common)
            through = Anthropic(base_url=service.url, api_key="k3y", **common)
            with direct, through:
                yield upstream, direct, through
        finally:
            service.stop()
