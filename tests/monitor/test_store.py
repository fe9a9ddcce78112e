"""What workers share: one state, one leader, and what happens when it is broken."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.monitor.store import Store, StoreError
from tests.monitor.test_verdict import CLI, LOGIN, MISSING, begin, check, look
from tests.support.waiting import wait_until


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path, "subject")
    yield store
    store.stop_leading()
    store.close()


def test_what_was_saved_is_loaded_by_another(store, tmp_path):
    health = check(begin())
    store.save(health)
    other = Store(tmp_path, "subject")
    assert other.load() == health
    other.close()


def test_nothing_was_saved_yet(store):
    assert store.load() is None


def test_another_subject_has_a_state_of_its_own(store, tmp_path):
    store.save(begin())
    other = Store(tmp_path, "other")
    assert other.load() is None
    other.close()


def test_only_one_leads(store, tmp_path):
    other = Store(tmp_path, "subject")
    assert store.try_to_lead()
    assert not other.try_to_lead()
    store.stop_leading()
    assert other.try_to_lead()
    other.stop_leading()


def test_the_leaders_death_frees_the_lock(store, tmp_path):
    program = (
        "import sys, time; from pathlib import Path;"
        "from app.monitor.store import Store;"
        "Store(Path(sys.argv[1]), 'subject').try_to_lead(); print(flush=True);"
        "time.sleep(60)"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) as leader:
        leader.stdout.readline()
        assert not store.try_to_lead()
        leader.kill()
    assert wait_until(store.try_to_lead)


def test_a_damaged_file_is_made_anew_by_the_next_save(store, tmp_path):
    (tmp_path / "health.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError):
        store.load()
    store.save(begin())
    assert store.load() == begin()


def test_a_state_of_another_version_is_not_understood(store, tmp_path):
    store.save(begin())
    with sqlite3.connect(tmp_path / "health.sqlite") as connection:
        connection.execute("UPDATE health SET state = '{\"old\": 1}'")
    connection.close()
    with pytest.raises(StoreError, match="not understood"):
        store.load()


def test_a_locked_file_is_an_error_and_not_a_wait(store, tmp_path):
    store.save(begin())
    with sqlite3.connect(tmp_path / "health.sqlite") as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked"):
            store.save(begin())
    connection.close()


def test_a_folder_that_cannot_be_made_is_an_error_and_told(tmp_path):
    (tmp_path / "file").touch()
    store = Store(tmp_path / "file/below", "subject")
    with pytest.raises(StoreError):
        store.save(begin())
    with pytest.raises(StoreError):
        store.try_to_lead()
    assert "cannot be shared through STATE_DIR (Not a directory)" in store.problems()[0]


@pytest.mark.parametrize("lost", ["*.lock", "health.sqlite*", "*"])
def test_what_was_removed_is_made_anew_and_told(store, tmp_path, lost):
    other = Store(tmp_path, "subject")
    assert store.try_to_lead()
    store.save(begin())
    assert not other.try_to_lead()
    assert other.load()
    for file in tmp_path.glob(lost):
        if file.is_file():
            file.unlink()
    assert store.try_to_lead()
    assert not other.try_to_lead()
    before = other.generation()
    store.save(check(begin()))
    assert other.generation() != before
    assert other.load() == check(begin())
    for each in (store, other):
        assert "was removed or damaged" in each.problems()[0]
    other.stop_leading()
    other.close()


def test_whose_lock_was_removed_and_taken_leads_no_longer(store, tmp_path):
    other = Store(tmp_path, "subject")
    assert store.try_to_lead()
    (tmp_path / "subject.lock").unlink()
    assert other.try_to_lead()
    assert not store.try_to_lead()
    assert not store.leads
    other.stop_leading()


def test_a_loss_is_told_for_a_minute(store, tmp_path, monkeypatch):
    store.save(begin())
    (tmp_path / "health.sqlite").unlink()
    store.save(begin())
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    assert store.problems() == ()


def test_who_cannot_write_says_so_to_all_others(store, tmp_path):
    other = Store(tmp_path, "subject")
    store.save(begin())
    assert not other.unshared
    with sqlite3.connect(tmp_path / "health.sqlite") as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError):
            store.save(begin())
        assert other.unshared
    connection.close()
    store.save(begin())
    assert not other.unshared
    assert store.problems() == ()
    other.stop_leading()


def test_the_changes_kept_are_bounded(store, tmp_path):
    health = begin()
    for _ in range(50):
        health = look(look(health, MISSING, LOGIN), CLI, LOGIN)
        health = check(health)
    store.save(health)
    assert len(health.changes) == 20
    assert (tmp_path / "health.sqlite").stat().st_size < 64 << 10
