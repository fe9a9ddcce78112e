"""What tests share: a clean environment, a fake CLI, a fake login, the real CLI."""

import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.claude.locate import locate
from app.monitor.monitor import Monitor
from app.web.current import part_of
from config.settings import load_settings
from tests.described import DescribedClient

FAKE = Path(__file__).with_name("fake_claude.py")


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
    return home


class FakeClaude:
    """The fake ``claude`` as one test has set it up, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.path = folder / "claude"
        self.install()

    def install(self) -> None:
        body = FAKE.read_text().split("\n", 1)[1]
        new = self.path.with_suffix(".new")
        new.write_text(f"#!{sys.executable} -IS\n{body}")
        new.chmod(0o755)
        new.rename(self.path)

    def set(self, **behaviour: Any) -> None:
        new = self.path.with_suffix(".mode.new")
        new.write_text(json.dumps(behaviour))
        new.rename(self.path.with_suffix(".mode"))

    @property
    def calls(self) -> list[dict[str, Any]]:
        log = self.path.with_suffix(".calls")
        lines = log.read_text().splitlines() if log.exists() else []
        return [json.loads(line) for line in lines]


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
def make_app() -> Iterator[Callable[..., Flask]]:
    """Make apps with these settings; their monitors are stopped after the test."""
    made: list[Flask] = []

    def make_app(**options: str) -> Flask:
        made.append(create_app(load_settings(options)))
        return made[-1]

    yield make_app
    for app in made:
        part_of(app, Monitor).stop()


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


def wait_until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Wait for a condition to become true, and return its value."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
    return value


def copy_cli(source: Path, target: Path) -> Path:
    """Copy a CLI, for a test that breaks it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    return target
