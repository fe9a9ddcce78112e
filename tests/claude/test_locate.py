"""Where the CLI is looked for, and what is said when it is not there."""

from pathlib import Path

import pytest

from app.claude import locate as locating
from app.claude.locate import installed, locate


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave only the places a test makes itself."""
    monkeypatch.setattr(locating, "_bundled", lambda: None)
    usual = tuple(place for place in locating._USUAL_PLACES if place.startswith("~"))
    monkeypatch.setattr(locating, "_USUAL_PLACES", usual)


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_path_is_searched_first(tmp_path):
    executable(tmp_path / ".local/bin/claude")
    first = executable(tmp_path / "bin/claude")
    assert locate(None, f"/nowhere:{tmp_path}/bin", tmp_path).path == first


@pytest.mark.parametrize(
    "place",
    [
        ".local/bin",
        ".claude/local",
        ".npm-global/bin",
        ".nvm/versions/node/v22.1.0/bin",
    ],
)
def test_the_usual_places_are_searched(tmp_path, place):
    expected = executable(tmp_path / place / "claude")
    assert locate(None, "", tmp_path).path == expected


def test_homebrew_is_among_the_usual_places(monkeypatch, tmp_path):
    monkeypatch.undo()
    searched = locate(None, "", tmp_path).searched
    assert {"/opt/homebrew/bin/claude", "~/.local/bin/claude"} <= set(searched)


def test_the_newest_node_of_nvm_wins(tmp_path):
    for version in ("v9.0.0", "v22.1.0", "v18.20.4"):
        executable(tmp_path / f".nvm/versions/node/{version}/bin/claude")
    assert "v22.1.0" in str(locate(None, "", tmp_path).path)


def test_what_was_searched_is_told_with_the_home_folder_short(tmp_path):
    searched = locate(None, "/some/bin", tmp_path).searched
    assert searched[:2] == ("/some/bin/claude", "~/.local/bin/claude")
    assert "~/.nvm/versions/node/*/bin/claude" in searched


def test_relative_path_entries_are_not_searched(tmp_path, monkeypatch):
    executable(tmp_path / "claude")
    monkeypatch.chdir(tmp_path)
    assert locate(None, ":.", tmp_path / "home").path is None


def test_the_configured_file_is_the_only_one_searched(tmp_path):
    executable(tmp_path / "bin/claude")
    location = locate(tmp_path / "other", f"{tmp_path}/bin", Path("/root"))
    assert location.path is None
    assert location.searched == (str(tmp_path / "other"),)


def test_a_folder_is_unusable(tmp_path):
    assert locate(tmp_path, "", tmp_path).unusable == tmp_path


def test_a_file_that_is_not_executable_is_passed_over(tmp_path):
    plain = tmp_path / "a/claude"
    plain.parent.mkdir()
    plain.touch(0o644)
    other = executable(tmp_path / "b/claude")
    found = locate(None, f"{tmp_path}/a:{tmp_path}/b", tmp_path)
    assert (found.path, found.unusable) == (other, None)
    assert locate(None, f"{tmp_path}/a", tmp_path).unusable == plain


def test_the_identity_changes_with_the_file(tmp_path):
    file = executable(tmp_path / "claude")
    before = locate(file, "", tmp_path).identity
    executable(tmp_path / "new").rename(file)
    assert locate(file, "", tmp_path).identity != before


def test_an_installed_cli_wins_over_the_bundled_one(tmp_path, monkeypatch):
    bundled = executable(tmp_path / "bundled")
    monkeypatch.setattr(locating, "_bundled", lambda: bundled)
    assert locate(None, "", tmp_path).path == bundled
    installed = executable(tmp_path / ".local/bin/claude")
    assert locate(None, "", tmp_path).path == installed


def test_every_installed_cli_is_found_once_and_in_order(tmp_path):
    one, two = tmp_path / "one/claude", tmp_path / ".local/bin/claude"
    for each in (one, two):
        each.parent.mkdir(parents=True)
        each.write_text("#!/bin/sh\n")
        each.chmod(0o755)
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/claude").symlink_to(two)
    search_path = f"{tmp_path / 'linked'}:{one.parent}"
    found = installed(search_path, tmp_path)
    assert found[:2] == (tmp_path / "linked/claude", one)
    assert two not in found
