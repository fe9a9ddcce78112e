"""What a prober at 20 Hz sees through a stop, a reload and a crash."""

import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.support.processes import Service
from tests.support.waiting import wait_until

LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
Seen = list[tuple[str, int | str]]


@contextmanager
def probing(service: Service, *paths: str) -> Iterator[Seen]:
    """Ask each path 20 times a second, over new connections, until the block ends."""
    seen: Seen = []
    done = threading.Event()
    url = service.url

    def probe() -> None:
        while not done.wait(0.05):
            for path in paths:
                try:
                    answer = requests.get(url + path, timeout=1)
                    code = answer.json().get("details", {}).get("code")
                    seen.append((path, code or answer.status_code))
                except requests.RequestException as error:
                    seen.append((path, type(error).__name__))

    thread = threading.Thread(target=probe)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def changes(seen: Seen, path: str) -> list[int | str]:
    """Return the answers of one path, without repetitions."""
    answers = [answer for asked, answer in seen if asked == path]
    return [a for a, b in zip(answers, [None, *answers], strict=False) if a != b]


def test_a_stop_drains_before_it_ends(serve, fake_claude):
    service = serve(DRAIN_SECONDS="1.5")
    service.becomes(None)
    with probing(service, "/health", "/health/live") as seen:
        wait_until(lambda: len(seen) > 6)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(15) == 0
    assert changes(seen, "/health")[:2] == [200, "draining"]
    assert changes(seen, "/health/live")[0] == 200
    draining = [answer for _, answer in seen if answer == "draining"]
    assert len(draining) > 10
    after = changes(seen, "/health")[2:]
    assert set(after) <= {"ConnectionError", "ConnectTimeout", "ReadTimeout"}


def test_draining_shows_to_every_worker_at_once(serve, fake_claude):
    service = serve(DRAIN_SECONDS="10", WORKERS="2")
    service.becomes(None)
    service.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    codes = {service.get().json()["details"]["code"] for _ in range(20)}
    assert codes == {"draining"}
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(8) == 0


def test_a_second_term_skips_the_wait(serve, fake_claude):
    service = serve(DRAIN_SECONDS="60")
    service.becomes(None)
    for _ in range(2):
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
    assert service.process.wait(15) == 0


def test_a_reload_fails_no_probe(serve, fake_claude):
    service = serve(WORKERS="2")
    service.becomes(None)
    before = set(service.workers())
    with probing(service, "/health") as seen:
        wait_until(lambda: len(seen) > 5)
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: not before & set(service.workers()))
        time.sleep(0.5)
    assert changes(seen, "/health") == [200]


def test_a_killed_worker_leaves_the_others_true(serve, fake_claude):
    service = serve(WORKERS="2")
    service.becomes(None)
    with probing(service, "/health") as seen:
        for _ in range(3):
            os.kill(service.workers()[0], signal.SIGKILL)
            time.sleep(0.7)
    truths = {answer for _, answer in seen if not str(answer).endswith("Error")}
    assert truths == {200}
    broken = [answer for _, answer in seen if answer != 200]
    assert len(broken) <= 3  # at most what the killed worker had in its hands


def test_before_the_first_check_it_is_starting(serve, fake_claude):
    fake_claude.set(mode="slow", seconds=1)
    service = serve()
    answer = service.get()
    assert answer.json()["details"]["code"] == "starting"
    assert answer.headers["Retry-After"] == "1"
    service.becomes(None)


def test_who_has_connected_is_answered_also_at_the_last_moment(
    serve, fake_claude, dial
):
    service = serve(DRAIN_SECONDS="60")
    service.becomes(None)
    service.process.send_signal(signal.SIGTERM)
    service.becomes("draining")
    worker = service.workers()[0]
    os.kill(worker, signal.SIGSTOP)
    wait_until(lambda: is_stopped(worker))
    late, *prompt = [dial(service) for _ in range(5)]  # the kernel lets them in
    for caller in prompt:
        caller.sendall(LIVE)
    service.process.send_signal(signal.SIGTERM)
    wait_until(lambda: is_told_to_end(worker))
    os.kill(worker, signal.SIGCONT)
    assert [caller.recv(12) for caller in prompt] == [b"HTTP/1.1 200"] * 4
    late.sendall(LIVE)
    assert late.recv(12) == b"HTTP/1.1 200"


def is_stopped(pid: int) -> bool:
    threads = Path(f"/proc/{pid}/task").glob("*/status")
    return all("State:\tT" in thread.read_text() for thread in threads)


def is_told_to_end(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    pending = re.search(r"ShdPnd:\s+(\w+)", status).group(1)
    return bool(int(pending, 16) >> (signal.SIGTERM - 1) & 1)
