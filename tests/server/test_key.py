"""The first start makes a key; nothing that goes wrong with it stops the start."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.server.key import make_key
from config.key import plain_key
from config.loading import load_settings
from config.settings import Settings


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def names(settings: Settings) -> list[str]:
    return [file.name for file in settings.state_dir.glob("*")]


def test_a_key_is_made_for_its_user_alone():
    settings = load_settings()
    make_key(settings)
    assert (settings.state_dir / "key").stat().st_mode & 0o777 == 0o600
    assert len(plain_key(settings.state_dir) or "") >= 43
    assert load_settings().proxy_api_key is not None


def test_no_two_keys_are_equal(tmp_path):
    keys = set()
    for name in ("a", "b"):
        settings = load_settings({"STATE_DIR": str(tmp_path / name)})
        make_key(settings)
        keys.add(plain_key(settings.state_dir))
    assert len(keys - {None}) == 2


def test_the_next_start_keeps_the_key():
    make_key(load_settings())
    file = load_settings().state_dir / "key"
    before = file.read_bytes()
    make_key(load_settings())
    assert file.read_bytes() == before


def test_where_one_is_set_none_is_made(monkeypatch):
    monkeypatch.setenv("PROXY_API_KEY", "set-key")
    settings = load_settings()
    make_key(settings)
    assert names(settings) == []


def test_servers_that_start_at_once_agree_on_one():
    settings = load_settings()

    def start(_: int) -> str | None:
        make_key(settings)
        return plain_key(settings.state_dir)

    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(start, range(64)))
    assert len(keys) == 1
    assert names(settings) == ["key"]


def test_a_missing_folder_is_made():
    settings = load_settings()
    make_key(settings)
    assert plain_key(settings.state_dir)


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_full_disk_stops_nothing_and_leaves_nothing(monkeypatch, call):
    settings = load_settings()
    monkeypatch.setattr(os, call, full)
    make_key(settings)
    assert names(settings) == []


def test_a_folder_that_cannot_be_stops_nothing(tmp_path):
    settings = load_settings()
    settings.state_dir.write_text("a file where the folder should be")
    make_key(settings)
    assert plain_key(settings.state_dir) is None
