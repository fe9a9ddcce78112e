"""What a process writes of its requests for the others, and what it takes from them."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.components.evidence import Evidence, Facts
from app.monitor.store import Store
from app.monitor.tally import Tally
from tests.monitor.test_verdict import CLI, LOGIN
from tests.support.outcomes import (
    ANSWERED,
    GOOD,
    REJECTED,
    UNREACHABLE,
    outcome,
    refused,
)

EVIDENCE = Evidence(Facts(CLI, LOGIN), 0.0)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Worker:
    """One process with its store, and the number of times that it has written."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.store = Store(folder, "subject")
        self.tally = Tally(self.store, clock)
        self.written = 0
        self._write = self.store.change_traffic
        self.store.change_traffic = self._counted  # type: ignore[method-assign]

    def _counted(self, change) -> None:
        self.written += 1
        self._write(change)

    def ends(self, each) -> bool:
        return self.tally.take_in(each, EVIDENCE) is not None


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workers(tmp_path: Path, clock: Clock) -> Iterator[list[Worker]]:
    workers = [Worker(tmp_path, clock) for _ in range(2)]
    yield workers
    for each in workers:
        each.store.stop_leading()
        each.store.close()


def test_what_one_has_seen_the_other_hears(workers):
    one, other = workers
    assert one.ends(REJECTED)
    heard = other.tally.news()
    assert heard == one.tally.latest
    assert heard.login.wait == 60
    assert other.tally.news() is None


def test_a_thousand_answers_are_written_a_few_times(workers, clock):
    one, _ = workers
    for _ in range(1000):
        clock.now += 0.01
        one.ends(ANSWERED)
    assert one.written == 2  # the first, and one five seconds later


def test_a_thousand_rejections_as_well(workers, clock):
    one, _ = workers
    for _ in range(1000):
        clock.now += 0.01
        one.ends(REJECTED)
    assert one.written == 2


def test_what_fails_every_other_time_is_not_written_each_time(workers, clock):
    one, _ = workers
    for _ in range(500):
        clock.now += 0.01
        for each in (UNREACHABLE, outcome(refused(529)), ANSWERED):
            one.ends(each)
    assert one.written == 2


def test_each_goes_on_from_what_the_other_wrote(workers, clock):
    one, other = workers
    one.ends(REJECTED)
    clock.now += 60
    other.ends(REJECTED)
    assert other.tally.latest.login.wait == 120
    assert other.tally.latest.revision == 2


def test_what_was_asked_with_a_former_login_is_not_counted(workers, clock):
    tally = workers[0].tally
    since = Evidence(Facts(CLI, LOGIN), 0.0, login_changed_at=clock.now - 1)
    asked_before = outcome(refused(401), seconds=3.0, queued=1.5)
    asked_after = outcome(refused(401), seconds=3.0, queued=2.5)
    assert tally.take_in(asked_before, since) is None
    assert tally.take_in(asked_after, since)


def test_what_cannot_be_written_counts_here_and_is_tried_again(workers, tmp_path):
    one, other = workers
    one.ends(ANSWERED)
    with sqlite3.connect(tmp_path / "health.sqlite") as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert one.ends(REJECTED)
        assert one.tally.latest.login.wait == 60
    connection.close()
    assert other.tally.news().login.wait == 0
    one.tally.write_again()
    assert other.tally.news().login.wait == 60


def test_nothing_is_written_again_that_was_written(workers):
    one, _ = workers
    one.ends(ANSWERED)
    one.tally.write_again()
    assert one.written == 1


@pytest.mark.parametrize("damage", ["removed", "damaged", "of another version"])
def test_a_file_that_was_lost_harms_nothing(workers, tmp_path, damage):
    one, other = workers
    one.ends(REJECTED)
    file = tmp_path / "health.sqlite"
    if damage == "removed":
        file.unlink()
    elif damage == "damaged":
        file.write_bytes(b"damaged" * 3000)
    else:
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE traffic SET state = '{\"old\": 1}'")
        connection.close()
    one.ends(outcome(GOOD))
    heard = other.tally.news()
    assert (heard.login.wait, heard.revision) == (0, 2)


def test_a_folder_that_cannot_be_written_breaks_no_answer(tmp_path, clock):
    (tmp_path / "file").touch()
    worker = Worker(tmp_path / "file/below", clock)
    assert worker.ends(REJECTED)
    assert worker.tally.news() is None
