"""Every word of the command for a user who has no home folder."""

import json
import os
import subprocess
import sys

import pytest

# A container that runs as a number: no HOME, and no entry that has one.
START = """
import pwd

def getpwuid(uid):
    raise KeyError(uid)

pwd.getpwuid = getpwuid
from app.commands.main import main
main()
"""
SENTENCE = (
    f"  HOME: It is not set, and uid {os.geteuid()} has no entry that names a home"
    " folder, where the CLI keeps its login: set HOME to a folder of this user.\n"
)


@pytest.fixture(autouse=True)
def no_home(monkeypatch) -> None:
    monkeypatch.delenv("HOME")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", START, *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "words",
    ["serve", "check", "check --local", "env", "login", "monitor --once", "usage"],
)
def test_a_user_without_a_home_is_told_what_to_set(words):
    ended = run(*words.split())
    told = f"These settings cannot be used:\n{SENTENCE}"
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", told)


def test_it_is_told_beside_all_other_problems(monkeypatch):
    monkeypatch.setenv("PORT", "no")
    monkeypatch.delenv("STATE_DIR")
    told = run("serve").stderr.splitlines()
    names = [line.split(":")[0].strip() for line in told[1:]]
    assert names == ["HOME", "STATE_DIR", "PORT"]


def test_the_doctor_goes_on_where_there_is_no_home(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin::/bin")
    ended = run("doctor", "--json")
    levels = {
        each["name"]: each["level"] for each in json.loads(ended.stdout)["findings"]
    }
    seen = [levels.get(name) for name in ("home", "path", "proxies", "settings")]
    assert (seen, ended.returncode) == (["bad", "warn", "ok", "bad"], 1)


def test_help_needs_no_home():
    assert "STATE_DIR" in run("--help").stdout
