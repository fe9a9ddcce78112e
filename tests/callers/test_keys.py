"""The keys in force: always the file's, or those of its last good version."""

import hashlib
import os
import time

import pytest
from structlog.testing import capture_logs

from app.callers import keys as module
from app.callers.caller import Allowance
from app.callers.keys import Keys
from tests.support.keys import ALICE, BOB
from tests.support.waiting import wait_until


def digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


@pytest.fixture
def keys(write_keys) -> Keys:
    return Keys(write_keys(f"alice {ALICE} parallel=2\nbob {BOB}\n"))


def test_a_caller_is_found_by_its_key(keys):
    assert keys.name_of([digest("other"), digest(ALICE)]) == "alice"
    assert keys.name_of([digest(BOB)]) == "bob"
    assert keys.name_of([digest(""), digest("x")]) is None
    assert keys.allowance_of("alice") == Allowance(parallel=2)


def test_without_a_file_there_are_none():
    keys = Keys(None)
    assert keys.name_of([digest(ALICE)]) is None
    assert keys.problems() == ()


def test_the_proxys_own_names_are_always_known_and_without_limits(keys):
    for name in ("key", "local"):
        assert keys.knows(name)
        assert keys.allowance_of(name) == Allowance()


def test_a_changed_file_is_in_force_at_once(keys, write_keys):
    write_keys(f"bob {BOB} per-minute=1\n")
    assert keys.name_of([digest(ALICE)]) is None
    assert not keys.knows("alice")
    assert keys.allowance_of("bob") == Allowance(per_minute=1)


def test_an_empty_file_refuses_everybody(keys, write_keys):
    write_keys("")
    assert keys.name_of([digest(BOB)]) is None
    assert keys.problems() == ()


@pytest.mark.parametrize("text", ["alice\n", f"bob {BOB}\nBAD {ALICE}\n"])
def test_a_broken_version_keeps_the_one_before_and_is_told(keys, write_keys, text):
    write_keys(text)
    with capture_logs() as logged:
        assert keys.name_of([digest(ALICE)]) == "alice"
        (problem,) = keys.problems()
    assert [each["problem"] for each in logged] == [problem]
    assert "the 2 names read before are in force" in problem
    assert "Line " in problem
    write_keys(f"bob {BOB}\n")
    assert keys.problems() == ()
    assert keys.name_of([digest(ALICE)]) is None


def test_a_file_that_is_gone_or_open_to_others_keeps_them_too(keys, tmp_path):
    (tmp_path / "keys").chmod(0o644)
    assert "chmod 600" in keys.problems()[0]
    (tmp_path / "keys").unlink()
    assert "No such file" in keys.problems()[0]
    assert keys.name_of([digest(ALICE)]) == "alice"


def test_an_unchanged_file_is_not_read_again(keys, monkeypatch):
    monkeypatch.setattr(module, "read_callers", lambda *_: pytest.fail("read"))
    assert keys.name_of([digest(ALICE)]) == "alice"


def test_a_file_is_read_only_when_it_rests(keys, tmp_path, monkeypatch):
    """Whoever writes it in place empties it first: nobody is refused for that."""
    monkeypatch.setattr(module, "_RESTS", 0.3)
    began = time.monotonic()
    (tmp_path / "keys").write_text("")
    if keys.name_of([digest(ALICE)]) is None:
        assert time.monotonic() - began >= 0.3
    wait_until(lambda: keys.name_of([digest(ALICE)]) is None, 3)


def test_a_time_to_come_does_not_keep_it_from_being_read(keys, write_keys):
    file = write_keys(f"bob {BOB}\n")
    os.utime(file, (2e9, 2e9))
    assert keys.name_of([digest(ALICE)]) is None


def test_no_key_is_kept_in_clear(keys):
    assert ALICE not in repr(vars(keys))
    assert repr(digest(ALICE)) not in repr(vars(keys))
