"""What workers share: one state, one leader, and what happens when it is broken."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from app.monitor.store import Store, StoreError
from tests.conftest import wait_until
from tests.monitor.test_verdict import CLI, LOGIN, MISSING, begin, check, look


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


def test_a_folder_that_has_gone_is_an_error(tmp_path):
    store = Store(tmp_path / "gone", "subject")
    with pytest.raises(StoreError):
        store.save(begin())
    with pytest.raises(StoreError):
        store.try_to_lead()


def test_the_changes_kept_are_bounded(store, tmp_path):
    health = begin()
    for _ in range(50):
        health = look(look(health, MISSING, LOGIN), CLI, LOGIN)
        health = check(health)
    store.save(health)
    assert len(health.changes) == 20
    assert (tmp_path / "health.sqlite").stat().st_size < 64 << 10
