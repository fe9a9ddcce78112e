"""The key: set, from a file, or made by the first start; only its digest is kept."""

import hashlib
import os
from pathlib import Path

import pytest

from config.key import made_key_digest, plain_key
from config.loading import load_settings
from tests.config.test_settings import problems


def test_the_key_is_not_kept_in_clear(monkeypatch):
    monkeypatch.setenv("PROXY_API_KEY", "planted-key")
    settings = load_settings()
    assert settings.proxy_api_key
    assert "planted-key" not in repr(settings)
    assert b"planted-key" not in settings.proxy_api_key


def test_the_key_can_come_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("planted-key\n")
    monkeypatch.setenv("PROXY_API_KEY", "planted-key")
    expected = load_settings().proxy_api_key
    monkeypatch.delenv("PROXY_API_KEY")
    monkeypatch.setenv("PROXY_API_KEY_FILE", str(tmp_path / "key"))
    assert load_settings().proxy_api_key == expected


@pytest.mark.parametrize("file", ["missing", "."])
def test_a_key_file_that_cannot_be_read_is_a_problem(monkeypatch, tmp_path, file):
    monkeypatch.setenv("PROXY_API_KEY_FILE", str(tmp_path / file))
    (said,) = problems()
    assert said.startswith("PROXY_API_KEY: Cannot read /")
    assert f"uid {os.geteuid()} may read, or unset PROXY_API_KEY_FILE" in said


def test_an_empty_key_file_is_a_problem_and_not_an_open_door(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("\n")
    monkeypatch.setenv("PROXY_API_KEY_FILE", str(tmp_path / "key"))
    assert problems()[0].startswith("PROXY_API_KEY: ")


def test_a_key_and_a_key_file_contradict_each_other(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("a")
    monkeypatch.setenv("PROXY_API_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("PROXY_API_KEY", "b")
    assert "not both" in problems()[0]


@pytest.fixture
def made(tmp_path):
    """Have a key that a first start has made; returns its file."""
    file = load_settings().state_dir / "key"
    file.parent.mkdir()
    file.write_text("made-key\n")
    return file


def test_a_made_key_is_read_where_none_is_set(made):
    settings = load_settings()
    assert settings.proxy_api_key == hashlib.sha256(b"made-key").digest()
    assert plain_key(settings.state_dir) == "made-key"


def test_a_key_that_is_set_wins(made, monkeypatch):
    monkeypatch.setenv("PROXY_API_KEY", "set-key")
    settings = load_settings()
    assert settings.proxy_api_key == hashlib.sha256(b"set-key").digest()
    assert plain_key(settings.state_dir) == "set-key"


def test_the_key_of_a_file_can_be_sent_too(made, monkeypatch, tmp_path):
    (tmp_path / "other").write_text("file-key\n")
    monkeypatch.setenv("PROXY_API_KEY_FILE", str(tmp_path / "other"))
    assert plain_key(made.parent) == "file-key"


def test_reading_settings_makes_no_key():
    assert load_settings().proxy_api_key is None
    assert not (load_settings().state_dir / "key").exists()


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\xff\xfe", "schlüssel".encode(), b"a\nb"]
)
def test_what_is_no_key_is_none(made, content):
    made.write_bytes(content)
    assert load_settings().proxy_api_key is None


def test_a_key_that_another_user_has_put_there_is_none(made, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: made.stat().st_uid + 1)
    assert made_key_digest(made.parent) is None


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_not_waited_for_and_costs_no_descriptor(made, make):
    made.unlink()
    make(made)
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert made_key_digest(made.parent) is None
    assert len(list(Path("/proc/self/fd").iterdir())) == before
