"""What is noted of the time, and what of it is a gap."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.codes import Code
from app.history.archive import HOUR, MINUTE, Archive
from app.history.recorder import GAP, WRITE_EVERY, Recorder, _by_minute
from app.history.slot import SERVICE, Slot, total
from app.monitor import verdict
from app.monitor.report import Report, report_health
from tests.support.outcomes import ANSWERED, LEFT, UNREACHABLE

NOON = 1_700_049_600.0
ALL = (0.0, 2.0**40)


class Time:
    """Two clocks, the second of which people may set."""

    def __init__(self) -> None:
        self.monotonic, self.wall = 100.0, NOON

    def pass_(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def archive(tmp_path):
    made = Archive(tmp_path, "one")
    yield made
    made.close()


@pytest.fixture
def recorder(archive, time):
    return Recorder(archive, lambda: 2, lambda: time.monotonic, lambda: time.wall)


def report(code: Code | None = None) -> Report:
    starting = verdict.starting(0.0, datetime.now(UTC))
    return replace(report_health(starting, 0.0, 90.0, draining=False), code=code)


def written(archive: Archive) -> dict[float, Slot]:
    return {at - NOON: slot for at, slot in archive.slots(MINUTE, *ALL)}


def look_for(recorder, time, seconds: int, code: Code | None = None) -> None:
    for _ in range(seconds):
        time.pass_(1.0)
        recorder.look(report(code), True)


def test_time_is_counted_to_the_state_it_was_spent_in(recorder, archive, time):
    recorder.look(report(), True)
    look_for(recorder, time, 90)
    look_for(recorder, time, 30, Code.STALE)
    recorder.close()
    slots = written(archive)
    assert slots[0].states[SERVICE] == {"": 60.0}
    assert slots[60].states[SERVICE] == {"": 31.0, "stale": 29.0}


def test_every_component_has_its_own(recorder, archive, time):
    recorder.look(report(), True)
    look_for(recorder, time, 10)
    recorder.close()
    assert written(archive)[0].states["quota"] == {"starting": 10.0}


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_clock_that_is_set_makes_a_gap(recorder, archive, time, jump):
    recorder.look(report(), True)
    time.wall += jump
    look_for(recorder, time, 1)
    recorder.close()
    assert total(written(archive).values()).measured() == 0.0


def test_time_in_which_nobody_looked_is_a_gap(recorder, archive, time):
    recorder.look(report(), True)
    time.pass_(GAP + 1)
    recorder.look(report(), True)
    recorder.close()
    assert total(written(archive).values()).measured() == 0.0


def test_what_was_seen_for_a_moment_only_is_seen(recorder, archive, time):
    recorder.look(report(Code.STALE), True)
    recorder.close()
    assert written(archive)[0].states[SERVICE] == {"stale": 0.0}


def test_who_follows_counts_its_processes_and_no_health(recorder, archive, time):
    for _ in range(11):
        recorder.look(report(), False)
        time.pass_(1.0)
    recorder.close()
    slot = written(archive)[0]
    assert (slot.processes, slot.states) == (20.0, {})


def test_requests_are_counted_where_they_end(recorder, archive, time):
    for outcome in (ANSWERED, UNREACHABLE, LEFT):
        recorder.take_in(outcome)
    time.pass_(60.0)
    recorder.take_in(ANSWERED)
    recorder.close()
    first, second = written(archive).values()
    assert (first.requests, first.failed, second.requests) == (3, 1, 1)
    assert sum(first.first_token.values()) == 1


def test_it_is_written_every_few_seconds(recorder, archive, time):
    recorder.look(report(), True)
    look_for(recorder, time, int(WRITE_EVERY))
    assert total(written(archive).values()).measured() == WRITE_EVERY


def test_what_cannot_be_written_is_written_later(archive, time, tmp_path):
    blocked = Archive(tmp_path / "file" / "below", "one")
    (tmp_path / "file").touch()
    recorder = Recorder(blocked, lambda: 0, lambda: time.monotonic, lambda: time.wall)
    recorder.look(report(), True)
    look_for(recorder, time, 30)
    assert "cannot be kept" in blocked.problems()[0]
    (tmp_path / "file").unlink()
    look_for(recorder, time, 30)
    recorder.close()
    found = blocked.slots(MINUTE, *ALL)
    assert total(slot for _, slot in found).measured() == 60.0
    blocked.close()


def test_an_hour_without_a_disk_does_not_fill_the_memory(time, tmp_path):
    (tmp_path / "file").touch()
    blocked = Archive(Path(tmp_path / "file" / "below"), "one")
    recorder = Recorder(blocked, lambda: 0, lambda: time.monotonic, lambda: time.wall)
    for _ in range(3 * HOUR // 4):
        time.pass_(4.0)
        recorder.look(report(), True)
    assert len(recorder._unwritten) <= 61


def test_who_has_nothing_to_note_keeps_nothing(archive, time):
    idle = Recorder(archive, lambda: 0, lambda: time.monotonic, lambda: time.wall)
    for _ in range(HOUR):
        time.pass_(1.0)
        idle.look(report(), False)
    assert len(idle._unwritten) <= 2


def test_a_request_that_ends_waits_for_no_disk(recorder, archive, time, monkeypatch):
    """It ends while the archive is written, and is counted in the next write."""
    written_first = archive.add

    def slow(minutes):
        monkeypatch.setattr(archive, "add", written_first)
        recorder.take_in(ANSWERED)
        written_first(minutes)

    monkeypatch.setattr(archive, "add", slow)
    recorder.take_in(ANSWERED)
    time.pass_(WRITE_EVERY)
    recorder.look(report(), True)
    recorder.close()
    assert written(archive)[0].requests == 2


def test_after_the_end_nothing_is_noted(recorder, archive, time):
    recorder.close()
    recorder.look(report(), True)
    look_for(recorder, time, 20)
    assert written(archive) == {}


@given(st.floats(NOON, NOON + 1e7), st.floats(0.0, 1e4))
def test_pieces_of_a_time_are_all_of_it_and_cross_no_minute(begin, seconds):
    pieces = list(_by_minute(begin, seconds))
    assert sum(length for _, length in pieces) == pytest.approx(seconds)
    assert all(0 < length <= MINUTE for _, length in pieces)
    assert len(pieces) <= seconds / MINUTE + 2
