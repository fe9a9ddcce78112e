"""What callers use: kept, shared, and harmless where it cannot be."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.callers.ledger import Ledger, Tally
from app.database import DatabaseError

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()
DAY = 86_400.0
EVER = date(2000, 1, 1)


class Clock:
    now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path, clock) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "state", clock)) as ledger:
        yield ledger


def file_of(tmp_path: Path) -> Path:
    return tmp_path / "state/callers.sqlite"


def test_what_is_used_is_summed_up_by_day_and_caller(ledger, clock):
    ledger.note("bob", Tally(1, 0, 1, 2, 3, 4))
    ledger.note("alice", Tally(1, 1, 10, 20, 30, 40))
    ledger.note("bob", Tally(1, 0, 1, 2, 3, 4))
    clock.now += DAY
    ledger.note("bob", Tally(1))
    told = [(line.day, line.caller, line.tally) for line in ledger.lines(EVER)]
    assert told == [
        ("2026-11-24", "alice", Tally(1, 1, 10, 20, 30, 40)),
        ("2026-11-24", "bob", Tally(2, 0, 2, 4, 6, 8)),
        ("2026-11-25", "bob", Tally(1)),
    ]


def test_it_can_be_asked_by_day_and_by_caller(ledger, clock):
    for name in ("alice", "bob"):
        ledger.note(name, Tally(1))
    clock.now += DAY
    ledger.note("bob", Tally(1))
    assert [line.caller for line in ledger.lines(EVER, "bob")] == ["bob", "bob"]
    assert [line.day for line in ledger.lines(date(2026, 11, 25))] == ["2026-11-25"]


def test_another_process_finds_it(ledger, tmp_path, clock):
    ledger.note("bob", Tally(1))
    with closing(Ledger(tmp_path / "state", clock)) as another:
        assert len(another.lines(EVER)) == 1
    assert file_of(tmp_path).stat().st_mode & 0o777 == 0o600


def test_ninety_days_are_kept(ledger, clock):
    ledger.note("bob", Tally(1))
    clock.now += 89 * DAY
    ledger.note("alice", Tally(1))
    assert [line.caller for line in ledger.lines(EVER)] == ["bob", "alice"]
    clock.now += DAY
    ledger.note("alice", Tally(1))
    assert {line.caller for line in ledger.lines(EVER)} == {"alice"}


def test_tokens_that_count_are_todays_and_not_from_the_cache(ledger, clock):
    ledger.note("bob", Tally(1, 0, 1, 20, 300, 4000))
    assert ledger.tokens_today("bob") == 321
    assert ledger.tokens_today("alice") == 0
    assert ledger.seconds_to_midnight() == DAY / 2
    clock.now += DAY / 2
    assert ledger.tokens_today("bob") == 0


def test_in_any_minute_a_caller_asks_so_often_and_no_more(ledger, clock):
    assert [ledger.ask("bob", 2), ledger.ask("alice", 1)] == [0, 0]
    clock.now += 20
    assert ledger.ask("bob", 2) == 0
    clock.now += 10
    assert ledger.ask("bob", 2) == 30
    clock.now += 30.5
    assert ledger.ask("bob", 2) == 0
    assert ledger.ask("bob", 2) == pytest.approx(19.5)


def test_a_lower_limit_holds_at_once(ledger, clock):
    for _ in range(5):
        assert ledger.ask("bob", 9) == 0
        clock.now += 1
    assert ledger.ask("bob", 2) == pytest.approx(58)


def test_a_clock_that_was_set_back_locks_nobody_out(ledger, clock):
    ledger.ask("bob", 1)
    clock.now -= DAY
    assert ledger.ask("bob", 1) == 0


@pytest.fixture
def locked(ledger, tmp_path):
    """Have somebody else hold the file, and keep it."""
    ledger.note("bob", Tally(1))
    with closing(sqlite3.connect(file_of(tmp_path))) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield other


def test_what_cannot_be_written_is_written_with_the_next(ledger, locked):
    ledger.note("bob", Tally(1))
    assert "locked" in ledger.problems()[0]
    locked.rollback()
    ledger.note("alice", Tally(1))
    assert [line.tally.requests for line in ledger.lines(EVER, "bob")] == [2]
    assert ledger.problems() == ()


def test_a_file_that_cannot_be_read_is_told(ledger, locked):
    for ask in (
        lambda: ledger.lines(EVER),
        lambda: ledger.ask("bob", 1),
        lambda: ledger.tokens_today("bob"),
    ):
        with pytest.raises(DatabaseError, match="locked"):
            ask()


def test_a_removed_file_is_made_anew(ledger, tmp_path):
    ledger.note("bob", Tally(1))
    file_of(tmp_path).unlink()
    ledger.note("alice", Tally(1))
    assert [line.caller for line in ledger.lines(EVER)] == ["alice"]
    assert "removed or damaged" in ledger.problems()[0]


def test_a_damaged_file_is_set_aside(ledger, tmp_path):
    file_of(tmp_path).parent.mkdir()
    file_of(tmp_path).write_bytes(b"damaged" * 1000)
    ledger.note("bob", Tally(1))
    assert len(ledger.lines(EVER)) == 1
    aside = file_of(tmp_path).with_name("callers.sqlite.damaged")
    assert aside.read_bytes().startswith(b"damaged")


def test_a_folder_that_cannot_be_stops_nothing(ledger, tmp_path):
    (tmp_path / "state").write_text("a file where the folder should be")
    ledger.note("bob", Tally(1))
    assert ledger.problems()
    (tmp_path / "state").unlink()
    ledger.note("bob", Tally(1))
    assert [line.tally.requests for line in ledger.lines(EVER)] == [2]
