"""What may become of STATE_DIR while a service runs, or before; it serves all along."""

import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests

from tests.service.test_workers import leader
from tests.support.processes import BIN, Service
from tests.support.waiting import wait_until

GUNICORN = (str(BIN / "gunicorn"), "wsgi:app", "--workers", "2")
SHAPES = [(), GUNICORN, (*GUNICORN, "--preload")]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def small_disk(state: Path) -> Iterator[Callable[[str], Path]]:
    """Make STATE_DIR a file system of its own, of this size; needs root."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    state.mkdir()

    def mount(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(state)]
        if subprocess.run(command, capture_output=True).returncode != 0:
            pytest.skip("mounting is not allowed here")
        return state

    yield mount
    if state.is_mount():
        subprocess.run(["umount", "--lazy", str(state)], check=True)


def delete(folder: Path) -> None:
    """Delete it; once more where the service wrote into it meanwhile."""

    def gone() -> bool:
        with suppress(OSError):
            shutil.rmtree(folder)
            return True
        return False

    wait_until(gone)


def statuses(service: Service, times: int = 40) -> list[int | str]:
    """Ask so often, over a connection each time; a cut connection is a word."""

    def ask() -> int | str:
        try:
            return requests.get(f"{service.url}/health", timeout=5).status_code
        except requests.RequestException as error:
            return type(error).__name__

    return [ask() for _ in range(times)]


def kill_worker(service: Service) -> None:
    """Kill a worker, and wait for the one that takes its place."""
    before = service.workers()
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(set(service.workers()) - set(before)) == 1, 20)


def warnings(service: Service) -> str:
    return " ".join(service.get("/health/detailed").json().get("warnings", ()))


def ready(service: Service) -> None:
    """Wait until not one but every worker is healthy."""
    service.becomes(None)
    wait_until(lambda: all(threads(pid) > 1 for pid in service.workers()))
    heals(service)


def threads(pid: int) -> int:
    """Count a process's threads: a worker that has booted checks in a second one."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def heals(service: Service, status: int = 200) -> None:
    """Wait, but not for long, until every worker says the same."""
    wait_until(lambda: statuses(service, 20) == [status] * 20, 5)


def saved(state: Path) -> str:
    """Return the state that was written to be shared, once there is one."""

    def read() -> str | None:
        with (
            suppress(sqlite3.Error, TypeError),
            closing(sqlite3.connect(state / "health.sqlite")) as connection,
        ):
            return connection.execute("SELECT state FROM health").fetchone()[0]
        return None

    wait_until((state / "health.sqlite").exists, 3)
    return wait_until(read, 3)


def fill(folder: Path) -> None:
    """Write until the disk is full."""
    with (folder / "filling").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


@pytest.mark.parametrize("shape", SHAPES, ids=" ".join)
def test_a_deleted_state_and_a_dead_worker_end_nothing(
    serve, fake_claude, state, shape
):
    service = serve(*shape, WORKERS="2")
    ready(service)
    for _ in range(3):
        delete(state)
        kill_worker(service)
        heals(service)
        saved(state)
    assert service.process.poll() is None


def test_the_state_is_made_again_for_its_user_alone(serve, fake_claude, state):
    service = serve(WORKERS="2")
    ready(service)
    delete(state)
    saved(state)
    assert state.stat().st_mode & 0o777 == 0o700
    assert statuses(service) == [200] * 40
    wait_until(lambda: "made anew" in warnings(service))


def test_a_state_without_its_files_is_shared_again(serve, fake_claude, state):
    service = serve(WORKERS="4")
    ready(service)
    first = leader(state)
    for file in state.glob("health.sqlite*"):
        file.unlink()
    saved(state)
    os.kill(first, signal.SIGKILL)
    assert statuses(service, 100) == [200] * 100
    wait_until(lambda: "made anew" in warnings(service))


def test_a_lock_that_was_removed_leaves_one_leader(serve, fake_claude, state):
    service = serve(WORKERS="2", HEALTH_CHECK_INTERVAL_SECONDS="3600")
    ready(service)
    for _ in range(3):
        next(state.glob("*.lock")).unlink()
        wait_until(lambda: list(state.glob("*.lock")), 5)
        kill_worker(service)
        assert statuses(service) == [200] * 40
    fake_claude.path.unlink()
    heals(service, 503)


@pytest.mark.parametrize("file", ["health.sqlite", "health.sqlite-*", "*.lock", "*"])
def test_an_overwritten_state_is_mended(serve, fake_claude, state, file):
    service = serve(WORKERS="2")
    ready(service)
    found = [path for path in state.glob(file) if path.is_file()]
    for path in found:
        path.write_bytes(b"garbage" * 3000)
    for _ in range(4):
        kill_worker(service)
        heals(service)
    fake_claude.path.unlink()
    heals(service, 503)


@pytest.mark.parametrize("size", [0, 20_000])
def test_overwritten_counts_are_mended(serve, fake_claude, state, size):
    service = serve(WORKERS="2")
    ready(service)
    for file in state.glob("metrics-*/*"):
        file.write_bytes(b"garbage"[:size] * 3000)
    assert statuses(service) == [200] * 40
    assert service.get("/metrics").status_code == 200


@pytest.mark.parametrize("options", ["size=64k", "size=4k", "nr_inodes=2"])
def test_a_disk_with_no_room_does_not_keep_it_from_starting(
    serve, fake_claude, small_disk, options
):
    small_disk(options)
    service = serve(*GUNICORN)
    ready(service)
    heals(service)
    assert service.get("/metrics").status_code == 200
    fake_claude.path.unlink()
    heals(service, 503)


def test_a_disk_that_fills_up_cuts_no_connection(serve, fake_claude, small_disk):
    folder = small_disk("size=1m")
    service = serve(*GUNICORN)
    ready(service)
    fill(folder)
    assert statuses(service, 100) == [200] * 100
    kill_worker(service)
    heals(service)
    wait_until(lambda: "STATE_DIR" in warnings(service))
    (folder / "filling").unlink()
    wait_until(lambda: "cannot" not in warnings(service))


def test_a_worker_that_cannot_boot_does_not_end_the_others(serve, fake_claude, state):
    service = serve(WORKERS="2")
    ready(service)
    delete(state)
    state.write_text("a file, so that settings are refused")
    os.kill(service.workers()[0], signal.SIGKILL)
    assert statuses(service, 100).count(200) >= 98  # one may meet the killed worker
    state.unlink()
    wait_until(lambda: len(service.workers()) == 2, 20)
    heals(service)
