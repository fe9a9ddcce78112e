"""What tests share: a clean environment, a fake CLI, a fake login, the real CLI."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.callers import keys
from app.callers.ledger import Ledger
from app.claude.locate import locate
from app.history.recorder import Recorder
from app.monitor.monitor import Monitor
from app.pool.pool import Pool
from app.web.current import part_of
from config.loading import load_settings
from tests.support.builders import FakeClaude
from tests.support.described import DescribedClient
from tests.support.keys import write_keys as written

# Who runs the tests in the background of a script has them, and so what they start,
# ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
# How long an example takes is the machine's affair: speed is not tested here.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for the real CLI, so that `make quick` can do without one."""
    for item in items:
        if "real_claude" in getattr(item, "fixturenames", ()):
            item.add_marker("real_cli")


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replace the whole environment: no test sees a person's login or settings."""
    home = tmp_path / "home"
    home.mkdir()
    for name in list(os.environ):
        if not name.startswith(("COVERAGE", "PYTEST")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("POOL_SPARES", "0")  # who wants a process asks for one
    return home


@pytest.fixture
def fake_claude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeClaude:
    """Put a fake ``claude`` where the proxy is told to look."""
    fake = FakeClaude(tmp_path / "bin")
    monkeypatch.setenv("CLAUDE_CLI_PATH", str(fake.path))
    return fake


@pytest.fixture(scope="session")
def real_claude() -> Path:
    """Find the real CLI; ``make test`` has installed one, so a missing one fails."""
    home = Path(os.environ.get("HOME", "/"))
    found = locate(None, os.environ.get("PATH", ""), home).path
    assert found, "no Claude CLI: run the tests with `make test`"
    return found


@pytest.fixture
def write_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """Write the file of named keys, for proxies in this process to read at once."""
    monkeypatch.setattr(keys, "_RESTS", 0.0)
    monkeypatch.setenv("PROXY_API_KEYS_FILE", str(tmp_path / "keys"))
    return partial(written, tmp_path / "keys")


@pytest.fixture
def make_app() -> Iterator[Callable[..., Flask]]:
    """Make apps with these settings; their monitors are stopped after the test."""
    made: list[Flask] = []

    def make_app(**options: str) -> Flask:
        made.append(create_app(load_settings(options)))
        return made[-1]

    yield make_app
    for app in made:
        part_of(app, Monitor).stop()
        part_of(app, Ledger).close()
        part_of(app, Recorder).close()
        if isinstance(pool := part_of(app, Pool), Pool):  # and no fake
            pool.close()


@pytest.fixture
def app(fake_claude: FakeClaude, make_app: Callable[..., Flask]) -> Flask:
    """Make an app that finds the fake CLI."""
    app = make_app()
    app.test_client_class = DescribedClient
    app.testing = False
    return app


@pytest.fixture
def direct() -> Iterator[dict[str, Any]]:
    """Return what a server knows of a caller that connects to it from this process."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as connection,
    ):
        yield {"REMOTE_ADDR": "127.0.0.1", "gunicorn.socket": connection}


@pytest.fixture
def client(app: Flask, direct: dict[str, Any]) -> FlaskClient:
    """Make a direct loopback caller of the app, whose answers must fit the OpenAPI."""
    client = app.test_client()
    client.environ_base |= direct
    return client
