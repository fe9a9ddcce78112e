"""What runs beside a proxy: replicas, what stands in front, monitors, rude servers."""

import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.service.conftest import serve as serve
from tests.support.containers import UID, Container, proxy_image
from tests.support.fronts import Front, listens
from tests.support.messages_api import write_login
from tests.support.processes import Service
from tests.support.rude import RudeServer
from tests.support.upstream import Answer, Upstream, message
from tests.support.waiting import wait_until
from tests.support.watching import SCRIPT, Monitor

KEY = "k3y"
TOOLS = ("bash", "sh", "cat", "curl", "date", "head", "sleep", "tr", "env")


@pytest.fixture
def path(request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a PATH with what the script says it needs; jq may be away."""
    folder = tmp_path / "path"
    folder.mkdir()
    jq = [] if getattr(request, "param", "") == "no jq" else ["jq"]
    for name in (*TOOLS, *jq):
        (folder / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def monitor(tmp_path: Path, path: Path) -> Iterator[Callable[..., Monitor]]:
    started: list[Monitor] = []

    def monitor(url: str, *options: str, script: Path = SCRIPT) -> Monitor:
        output = tmp_path / f"monitor-{len(started)}"
        started.append(Monitor(output, script, "--url", url, *options))
        return started[-1]

    yield monitor
    for each in started:
        each.stop()


@pytest.fixture
def server() -> Iterator[RudeServer]:
    with RudeServer() as server:
        yield server


@dataclass
class Replica:
    """One service with a login, a CLI's home and an upstream of its own."""

    service: Service
    upstream: Upstream
    start: Callable[..., Service]

    def replace(self) -> None:
        """Drain it, and start the next version at its address."""
        port = self.service.url.rpartition(":")[2]
        self.service.process.send_signal(signal.SIGTERM)
        assert self.service.process.wait(60) == 0
        self.service = self.start(PORT=port)
        self.service.becomes(None)

    def kill(self) -> None:
        """End it as a power cut does: every process at once, and no goodbye."""
        for pid in (self.service.process.pid, *self.service.workers()):
            os.kill(pid, signal.SIGKILL)
        self.service.process.wait(10)
        wait_until(lambda: not listens(self.service.url))


@pytest.fixture
def replica(serve, real_claude, tmp_path: Path) -> Iterator[Callable[[str], Replica]]:
    """Start replicas whose CLI is the real one, and whose upstream a slow stub."""
    with contextlib.ExitStack() as upstreams:

        def replica(name: str) -> Replica:
            home = tmp_path / name
            home.mkdir()
            write_login(home, email=f"{name}@example.com")
            upstream = upstreams.enter_context(Upstream())
            upstream.always(Answer(message(f"From {name}."), pause=0.2))
            settings = {
                "HOME": str(home),
                "STATE_DIR": str(home / "state"),
                "ANTHROPIC_BASE_URL": upstream.url,
                "HTTPS_PROXY": "http://127.0.0.1:9",  # nothing leaves this machine
                "NO_PROXY": "127.0.0.1",
                "CLAUDE_CLI_PATH": str(real_claude),
                "PROXY_API_KEY": KEY,
                "DRAIN_SECONDS": "5",
            }
            start = partial(serve, **settings)
            return Replica(start(), upstream, start)

        yield replica


@pytest.fixture
def two(replica) -> tuple[Replica, Replica]:
    """Start two healthy replicas."""
    both = replica("one"), replica("two")
    for each in both:
        each.service.becomes(None)
    return both


@pytest.fixture
def in_front(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Put nginx or haproxy in front of services, and return its address."""
    with contextlib.ExitStack() as fronts:

        def in_front(program: str, *services: Service) -> str:
            front = Front(program, tmp_path, [each.url for each in services])
            return fronts.enter_context(front).url

        yield in_front


@pytest.fixture(scope="session")
def image() -> str:
    """Build the proxy's image, once for all tests of the machine."""
    if os.geteuid() != 0 or not Path("/sys/fs/cgroup").is_mount():
        pytest.skip("a container needs root and cgroups")
    return proxy_image()


@pytest.fixture
def start(image: str) -> Iterator[Callable[..., Container]]:
    """Start containers of the image; all are removed after the test."""
    started: list[Container] = []

    def start(*options: str, command: tuple[str, ...] = ()) -> Container:
        started.append(Container(*options, image=image, command=command))
        return started[-1]

    yield start
    for each in started:
        each.remove()


@pytest.fixture
def login(tmp_path: Path) -> Path:
    """Make a folder with a made-up login, of the container's user."""
    folder = tmp_path / "login"
    folder.mkdir()
    write_login(folder)
    for each in (folder, *folder.rglob("*")):
        os.chown(each, UID, UID)
    return folder
