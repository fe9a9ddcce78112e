"""What systemd is told, by real processes, over a socket of the test's own."""

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.processes import BIN, Service
from tests.support.waiting import wait_until

STARTING = "STATUS=unhealthy: Service is starting."
WAYS = {"serve": [], "gunicorn": [str(BIN / "gunicorn"), "wsgi:app"]}


class Systemd:
    """systemd's end of the protocol: what it was told so far, in order."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(re.sub("^@", "\0", address))
        self.socket.setblocking(False)
        self.told: list[str] = []

    def heard(self, start: str = "") -> list[str]:
        """Return what it was told that begins so."""
        try:
            while True:
                self.told += self.socket.recv(4096).decode().split("\n")
        except BlockingIOError:
            return [line for line in self.told if line.startswith(start)]


@pytest.fixture
def systemd(request, tmp_path: Path) -> Iterator[Systemd]:
    """Listen at a path, or at an abstract name where the test asks for ``@``."""
    systemd = Systemd(f"{getattr(request, 'param', '')}{tmp_path / 'notify'}")
    yield systemd
    systemd.socket.close()


@pytest.fixture
def start(serve: Callable[..., Service], systemd: Systemd) -> Callable[..., Service]:
    """Start services as systemd would, watched by a watchdog of two seconds."""

    def start(*command: str, **variables: str) -> Service:
        watched = {"WATCHDOG_USEC": "2000000", "NOTIFY_SOCKET": systemd.address}
        return serve(*command, **watched | variables)

    return start


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("systemd", ["", "@"], indirect=True)
def test_it_is_ready_once_the_first_check_has_a_verdict(
    start, systemd, fake_claude, way
):
    fake_claude.set(mode="slow", seconds=1)
    service = start(*WAYS[way])
    wait_until(lambda: systemd.heard(STARTING), 30)
    assert systemd.heard("READY") == systemd.heard("WATCHDOG") == []
    wait_until(lambda: systemd.heard("READY"), 30)
    assert service.get().status_code == 200
    assert systemd.heard("STATUS")[-1] == "STATUS=healthy"
    assert systemd.heard("READY") == ["READY=1"]


def test_a_verdict_need_not_be_a_good_one(start, systemd, fake_claude):
    fake_claude.set(logged_in=False)
    start()
    wait_until(lambda: systemd.heard("READY"), 30)
    said = "STATUS=unhealthy: Claude CLI authentication failed. Run 'claude-proxy login"
    assert systemd.heard(said)


def test_the_watchdog_hears_nothing_while_nobody_answers(start, systemd, fake_claude):
    service = start(WORKERS="2")
    wait_until(lambda: len(systemd.heard("WATCHDOG")) > 2, 30)
    workers = service.workers()
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    time.sleep(0.5)  # what had been answered is told by now
    before = len(systemd.heard("WATCHDOG"))
    time.sleep(2)
    stopped = len(systemd.heard("WATCHDOG"))
    for worker in workers:
        os.kill(worker, signal.SIGCONT)
    assert stopped == before
    wait_until(lambda: len(systemd.heard("WATCHDOG")) > before)


@pytest.mark.parametrize("seconds", ["0", "1"])
def test_a_stop_is_told_at_once_and_only_once(start, systemd, fake_claude, seconds):
    service = start(DRAIN_SECONDS=seconds)
    wait_until(lambda: systemd.heard("READY"), 30)
    service.process.send_signal(signal.SIGTERM)
    wait_until(lambda: systemd.heard("STOPPING"))
    assert service.process.wait(20) == 0
    assert systemd.heard("STOPPING") == ["STOPPING=1"]


def test_without_a_watchdog_it_tells_only_what_is_new(start, systemd, fake_claude):
    service = start(WATCHDOG_USEC="")
    wait_until(lambda: systemd.heard("READY"), 30)
    fake_claude.path.unlink()
    service.becomes("cli_not_found")
    wait_until(lambda: systemd.heard("STATUS=unhealthy: Claude CLI not found"), 20)
    assert systemd.heard("WATCHDOG") == []


def test_a_reload_leaves_it_watched(start, systemd, fake_claude):
    service = start()
    wait_until(lambda: systemd.heard("READY"), 30)
    before = set(service.workers())
    service.process.send_signal(signal.SIGHUP)
    wait_until(lambda: service.workers() and not before & set(service.workers()), 30)
    told = len(systemd.heard("WATCHDOG"))
    wait_until(lambda: len(systemd.heard("WATCHDOG")) > told)


def test_no_worker_and_no_cli_has_anything_of_it(start, systemd, fake_claude):
    service = start(WORKERS="2")
    wait_until(lambda: systemd.heard("READY"), 30)
    given = {name for call in fake_claude.calls for name in call["names"]}
    assert not [name for name in given if name.startswith(("NOTIFY", "WATCHDOG"))]
    port = int(service.url.rpartition(":")[2])
    for worker in service.workers():
        assert not sockets_of(worker) & ends_towards(port)


def sockets_of(pid: int) -> set[str]:
    """Return the inodes of a process's sockets."""
    links = [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()]
    return {link[8:-1] for link in links if link.startswith("socket:")}


def ends_towards(port: int) -> set[str]:
    """Return the inodes of all sockets that are connected to a port here."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return {row[9] for row in rows[1:] if row[2].endswith(f":{port:04X}")}
