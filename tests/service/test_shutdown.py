"""What a prober at 20 Hz sees through a stop, a reload and a crash."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.support.processes import Service
from tests.support.waiting import wait_until

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
