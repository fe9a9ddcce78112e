"""One computation for all who wait, and never one that began before they came."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from app.metrics.singleflight import SingleFlight
from tests.support.waiting import wait_until


class Slow:
    """A computation that waits for the test, and counts its runs."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.runs = self.running = self.most_running = 0

    def __call__(self) -> int:
        self.runs += 1
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.go_on.wait(10)
        self.running -= 1
        return self.runs


@pytest.fixture
def looks(monkeypatch) -> list[float]:
    """Note each look at the clock: one as a call comes, one as a computation begins."""
    noted: list[float] = []

    def monotonic() -> float:
        noted.append(time.monotonic())
        return noted[-1]

    clock = SimpleNamespace(monotonic=monotonic)
    monkeypatch.setattr("app.metrics.singleflight.time", clock)
    return noted


def test_all_who_come_meanwhile_share_the_next_one(looks):
    slow = Slow()
    flight = SingleFlight(slow)
    with ThreadPoolExecutor(21) as pool:
        first = pool.submit(flight.get)
        wait_until(lambda: slow.running)
        others = [pool.submit(flight.get) for _ in range(20)]
        wait_until(lambda: len(looks) == 2 + len(others))
        slow.go_on.set()
        assert (first.result(), {each.result() for each in others}) == (1, {2})
    assert slow.most_running == 1


def test_who_comes_after_gets_a_new_one():
    slow = Slow()
    slow.go_on.set()
    flight = SingleFlight(slow)
    assert [flight.get(), flight.get()] == [1, 2]


def test_a_failure_is_its_callers_own():
    answers = iter([ValueError("broken"), "whole"])

    def compute() -> str:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    flight = SingleFlight(compute)
    with pytest.raises(ValueError, match="broken"):
        flight.get()
    assert flight.get() == "whole"
