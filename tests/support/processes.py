"""Real gunicorn processes, started as a user starts them and ended by pid."""

import os
import re
import signal
import subprocess
import sys
from functools import cached_property
from pathlib import Path

import requests

from tests.support.family import children
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def leader(state: Path) -> int:
    """Find the worker that holds the prober's lock in this STATE_DIR."""
    (lock,) = (each for each in state.glob("*.lock") if "claude-pool" not in each.name)
    inode = str(lock.stat().st_ino)

    def holder() -> int | None:
        for line in Path("/proc/locks").read_text().splitlines():
            words = line.split()
            if words[1] == "FLOCK" and words[5].rpartition(":")[2] == inode:
                return int(words[4])
        return None

    found: int = wait_until(holder)
    return found


class Service:
    """One running service; what it writes is in ``log``."""

    def __init__(self, log: Path, command: list[str], extra: dict[str, str]) -> None:
        self.log_file = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | extra, stderr=stderr
            )

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    @cached_property
    def url(self) -> str:
        found = wait_until(
            lambda: re.search(r"Listening at: (http://[^ \"]+)", self.log), 20
        )
        return found.group(1)

    def get(self, path: str = "/health", **kwargs) -> requests.Response:
        return requests.get(self.url + path, timeout=10, **kwargs)

    def becomes(self, code: str | None, path: str = "/health") -> requests.Response:
        """Wait until the service reports this code, and return the answer."""

        def reports(answer: requests.Response) -> bool:
            return answer.json().get("details", {}).get("code") == code

        # In a tuple, since requests calls an answer of 400 and above false.
        return wait_until(lambda: reports(answer := self.get(path)) and (answer,), 30)[
            0
        ]

    def workers(self) -> list[int]:
        return children(self.process.pid)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
