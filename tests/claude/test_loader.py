"""Whether a program could be started at all: its loader is there."""

import os
from pathlib import Path

import pytest

from app.claude.loader import made_for_another, missing_loader

OURS = Path(os.path.realpath("/bin/cat"))


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """Make a program that names the loader of another libc."""
    file = tmp_path / "claude"
    name = b"/lib64/ld-linux-x86-64.so.2\0"
    assert name in OURS.read_bytes(), "this test is for x86-64 with glibc"
    other = b"/lib/ld-musl-x86_64.so.1".ljust(len(name), b"\0")
    file.write_bytes(OURS.read_bytes().replace(name, other))
    return file


def test_the_loader_of_another_libc_is_named(foreign):
    assert missing_loader(foreign) == "/lib/ld-musl-x86_64.so.1"


def test_what_is_wrong_and_what_to_do_is_one_line(foreign):
    said = made_for_another(foreign)
    assert said.startswith(f"{foreign} cannot run here: it is made for another libc")
    assert "Install the Claude CLI that is made for this system" in said
    assert "\n" not in said


def test_a_program_of_this_machine_has_its_loader():
    assert missing_loader(OURS) is None


@pytest.mark.parametrize("most", [0, 3, 40, 64, 200, 600])
def test_a_file_that_is_cut_off_names_none(tmp_path, most):
    (tmp_path / "claude").write_bytes(OURS.read_bytes()[:most])
    assert missing_loader(tmp_path / "claude") is None


def test_a_script_and_a_missing_file_name_none(tmp_path):
    (tmp_path / "claude").write_text("#!/bin/sh\n")
    assert missing_loader(tmp_path / "claude") is None
    assert missing_loader(tmp_path / "missing") is None
