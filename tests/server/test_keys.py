"""A file of named keys that cannot be used stops the start, and nothing else."""

import pytest

from app.callers.keys import Keys
from app.server.hooks import hooks
from config.loading import load_settings
from tests.support.keys import ALICE, BOB


def start() -> None:
    """Do what happens before a server's first worker, at an address that is free."""

    class Server:
        master_pid, address = 0, ()

    hooks(load_settings())["on_starting"](Server())


def test_a_good_file_starts(write_keys):
    write_keys(f"alice {ALICE}\n")
    start()


def test_all_that_is_wrong_is_told_and_no_key(write_keys, capsys):
    write_keys(f"ALICE {ALICE}\nbob {BOB} parallel=x\n")
    with pytest.raises(SystemExit) as ended:
        start()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "PROXY_API_KEYS_FILE: Line 1: " in said
    assert "PROXY_API_KEYS_FILE: Line 2: " in said
    assert ALICE not in said
    assert BOB not in said


def test_so_are_a_missing_file_and_an_open_one(write_keys, capsys):
    file = write_keys("")
    file.chmod(0o644)
    with pytest.raises(SystemExit):
        start()
    assert "chmod 600" in capsys.readouterr().err
    file.unlink()
    with pytest.raises(SystemExit):
        start()
    assert "No such file" in capsys.readouterr().err


def test_the_operators_key_is_nobody_elses(write_keys, monkeypatch, capsys):
    monkeypatch.setenv("PROXY_API_KEY", ALICE)
    write_keys(f"alice {ALICE}\n")
    with pytest.raises(SystemExit):
        start()
    assert "Line 1: Its key is that of PROXY_API_KEY." in capsys.readouterr().err


def test_reading_settings_does_not_look_into_it(write_keys):
    """So that ``claude-proxy check`` goes on telling the health of who serves."""
    file = write_keys("nonsense\n")
    assert load_settings().proxy_api_keys_file == file


def test_a_worker_that_begins_while_it_is_bad_knows_nobody(write_keys):
    keys = Keys(write_keys("nonsense\n"))
    assert not keys.knows("alice")
    assert "the 0 names" in keys.problems()[0]
    write_keys(f"alice {ALICE}\n")
    assert keys.knows("alice")
