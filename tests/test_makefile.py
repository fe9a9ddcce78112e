"""What `make install` does where Python cannot make a .venv, or makes half of one."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# A python3 whose venv module is there once `whole` is; it notes how it was asked.
PYTHON = """\
echo "$*" >> asked
case "$*" in
  *ensurepip*) [ -e whole ] ;;
  *venv*) mkdir -p .venv/bin; touch .venv/half; [ ! -e breaks ] || exit 1
    cp bin/python3 .venv/bin/python; touch .venv/bin/pip ;;
esac
"""
APT_GET = 'echo "$*" >> installed; touch whole'

Make = Callable[[], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Make a folder with our Makefile, on a system with next to nothing."""
    for name in ("Makefile", "setup.cfg", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "bin").mkdir()
    for name in ("sh", "cp", "mkdir", "rm", "touch"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    program(tmp_path, "python3", PYTHON)
    program(tmp_path, "id", "echo 1000")
    return tmp_path


def program(bare: Path, name: str, body: str) -> None:
    file = bare / "bin" / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)


@pytest.fixture
def make(bare: Path) -> Make:
    found = str(shutil.which("make"))
    path = {"PATH": str(bare / "bin")}

    def make() -> "subprocess.CompletedProcess[str]":
        command = [found, "install"]
        return subprocess.run(
            command, cwd=bare, env=path, capture_output=True, text=True, timeout=60
        )

    return make


def test_what_is_missing_is_said_in_one_line(bare, make):
    done = make()
    assert done.returncode == 2
    (said,) = done.stdout.splitlines()
    assert said.startswith("Install python3-venv")
    assert not (bare / ".venv").exists()


def test_root_has_what_is_missing_installed(bare, make):
    program(bare, "id", "echo 0")
    program(bare, "apt-get", APT_GET)
    assert make().returncode == 0
    assert "python3-venv" in (bare / "installed").read_text()
    assert (bare / ".venv/bin/pip").exists()


def test_half_a_venv_is_not_left(bare, make):
    (bare / "whole").touch()
    (bare / "breaks").touch()
    assert make().returncode == 2
    assert not (bare / ".venv").exists()


def test_half_a_venv_of_another_time_is_made_anew(bare, make):
    (bare / "whole").touch()
    (bare / ".venv/bin").mkdir(parents=True)
    program(bare, "python", "exit 1")
    shutil.move(bare / "bin/python", bare / ".venv/bin/python")
    assert make().returncode == 0
    assert "-m venv --clear .venv" in (bare / "asked").read_text()
