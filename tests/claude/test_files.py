"""What stands where a file should be costs no descriptor, however often it is read."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from app.claude.locate import locate
from app.claude.login import read_login, read_user


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(64 << 20)


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def unreadable(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0)


STRANGE: dict[str, Callable[[Path], object]] = {
    "folder": Path.mkdir,
    "pipe": os.mkfifo,
    "socket": bound_socket,
    "huge": huge,
    "unreadable": unreadable,
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "missing": lambda path: None,
    "broken": lambda path: path.write_text("{"),
}
READERS: dict[str, Callable[[], object]] = {
    ".claude/.credentials.json": lambda: read_login({}),
    ".claude/settings.json": lambda: read_login({}),
    ".claude.json": lambda: read_user({}),
    "bin/claude": lambda: locate(Path.home() / "bin/claude", "", Path.home()),
}


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("file", READERS)
@pytest.mark.parametrize("kind", STRANGE)
def test_a_hundred_readings_leave_no_descriptor(environment, monkeypatch, file, kind):
    monkeypatch.chdir(environment)  # a socket's path has to be short
    path = Path(file)
    path.parent.mkdir(exist_ok=True)
    STRANGE[kind](path)
    before = descriptors()
    for _ in range(100):
        READERS[file]()
    assert descriptors() == before
