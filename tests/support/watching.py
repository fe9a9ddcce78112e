"""deploy/monitor.sh, run as it is."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tests.support.rude import health
from tests.support.waiting import wait_until

SCRIPT = ROOT / "deploy/monitor.sh"
UNWELL = health("unhealthy", 503, "No CLI", "Install it.")
FAST = ("--interval", "0.1", "--timeout", "10")
with_or_without_jq = pytest.mark.parametrize("path", ["jq", "no jq"], indirect=True)


class Monitor:
    """One running monitor; ``lines`` is what it has printed, without the times."""

    def __init__(self, output: Path, script: Path, *options: str) -> None:
        self.output = output
        with output.open("w") as out:
            self.process = subprocess.Popen(
                [script, *FAST, *options],
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def lines(self) -> list[str]:
        return [line.partition(" ")[2] for line in self.output.read_text().splitlines()]

    def says(self, count: int) -> str:
        """Wait until it has said so many things, and return the last one."""
        wait_until(lambda: len(self.lines) >= count, 60)
        assert len(self.lines) == count
        return self.lines[-1]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [SCRIPT, *FAST, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)
