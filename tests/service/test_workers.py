"""Several workers: one verdict, one prober, one sum, whoever is asked or killed."""

import os
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import requests

from tests.support.processes import BIN, Service, leader
from tests.support.waiting import wait_until

GUNICORN = (str(BIN / "gunicorn"), "wsgi:app")
SHAPES = [
    (),
    ("--workers", "2"),
    ("--workers", "4"),
    ("--workers", "2", "--worker-class", "sync"),
    ("--workers", "2", "--preload"),
    ("--workers", "2", "--max-requests", "7"),
]


def ask_often(service: Service, times: int, path: str = "/health") -> list[int]:
    """Ask many times at once, each over a connection of its own."""
    url = service.url + path

    def ask(_: int) -> int:
        return requests.get(url, timeout=20).status_code

    with ThreadPoolExecutor(50) as pool:
        return list(pool.map(ask, range(times)))


def counted(service: Service, status: str = "200") -> int:
    """Return how many such answers of /health a worker reports for all of them."""
    for line in service.get("/metrics").text.splitlines():
        if line.startswith("claude_proxy_requests_total") and (
            f'endpoint="/health",method="GET",status="{status}"' in line
        ):
            return int(float(line.rpartition(" ")[2]))
    return 0


@pytest.mark.parametrize("shape", SHAPES, ids=" ".join)
def test_every_worker_says_the_same_and_none_is_lost(serve, fake_claude, shape):
    service = serve(*GUNICORN, *shape)
    service.becomes(None)
    before = counted(service)
    assert ask_often(service, 60) == [200] * 60
    fake_claude.path.unlink()
    time.sleep(2)
    assert ask_often(service, 20) == [503] * 20
    assert counted(service) == before + 60
    assert counted(service, "503") >= 20


def test_a_thousand_probes_of_four_workers_start_one_child(serve, fake_claude):
    fake_claude.set(mode="slow", seconds=5)
    service = serve(WORKERS="4")
    assert set(ask_often(service, 1000)) == {503}
    service.becomes(None)
    asked = [call["argv"] for call in fake_claude.calls]
    assert asked == [["--version"], ["auth", "status"]]


def test_the_probers_death_hands_the_probing_on(serve, fake_claude, tmp_path):
    service = serve(WORKERS="2")
    service.becomes(None)
    for _ in range(3):
        os.kill(leader(tmp_path / "state"), signal.SIGKILL)
        fake_claude.path.unlink()
        wait_until(lambda: service.get().status_code == 503, 3.0)
        fake_claude.install()
        wait_until(lambda: service.get().status_code == 200, 3.0)


def test_a_stuck_prober_does_not_keep_the_others_from_the_truth(
    serve, fake_claude, tmp_path
):
    service = serve(WORKERS="2")
    service.becomes(None)
    stuck = leader(tmp_path / "state")
    os.kill(stuck, signal.SIGSTOP)
    try:
        fake_claude.path.unlink()
        wait_until(lambda: answers_503(service), 20)
    finally:
        os.kill(stuck, signal.SIGCONT)


def answers_503(service: Service) -> bool:
    try:
        return requests.get(f"{service.url}/health", timeout=1).status_code == 503
    except requests.RequestException:  # the stuck worker had this connection
        return False


def test_counts_survive_killed_workers(serve, fake_claude):
    service = serve(WORKERS="2")
    service.becomes(None)
    before = counted(service)
    for _ in range(5):
        assert ask_often(service, 10) == [200] * 10
        os.kill(service.workers()[0], signal.SIGKILL)
        wait_until(lambda: len(service.workers()) == 2)
    assert counted(service) == before + 50


def test_the_detailed_report_has_the_same_sums(serve, fake_claude):
    service = serve(WORKERS="2")
    service.becomes(None)
    ask_often(service, 20, "/nowhere")
    server = service.get("/health/detailed").json()["components"]["api_server"]
    assert server["errors"] >= 20
    assert server["requests_processed"] >= 20


def test_slots_keep_the_metrics_files_few(serve, fake_claude, tmp_path):
    service = serve(*GUNICORN, "--workers", "2", "--max-requests", "3")
    ask_often(service, 90, "/health/live")
    (folder,) = (tmp_path / "state").glob("metrics-*")
    assert len(list(folder.iterdir())) <= 4 * 4
    service.stop()
    assert not folder.exists()


def test_a_damaged_state_is_made_anew(serve, fake_claude, tmp_path):
    file = tmp_path / "state/health.sqlite"
    file.parent.mkdir()
    file.write_bytes(b"damaged" * 1000)
    service = serve(WORKERS="2")
    service.becomes(None)
    with closing(sqlite3.connect(file)) as connection:
        states = connection.execute("SELECT count(*) FROM health").fetchone()
    assert states == (1,)


def test_a_locked_state_is_told_in_the_detailed_report(serve, fake_claude, tmp_path):
    service = serve()
    service.becomes(None)
    with sqlite3.connect(tmp_path / "state/health.sqlite") as connection:
        connection.execute("BEGIN EXCLUSIVE")
        body = wait_until(
            lambda: (b := service.get("/health/detailed").json()).get("warnings") and b
        )
    connection.close()
    assert body["status"] == "healthy"
    assert "STATE_DIR" in body["warnings"][0]
