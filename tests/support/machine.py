"""A machine of a test's own: a real systemd as process 1, in a container.

It shares ``/usr``, the network and this project with the host, read-only, and has its
own ``/etc`` and ``/var``. Needs root, Linux and ``systemd-nspawn``.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TextIO
from uuid import uuid4

from tests.support.family import children
from tests.support.processes import ROOT
from tests.support.waiting import wait_until

PROJECT = "/opt/claude-proxy"
# The system's own: one in root's home would be behind ProtectHome.
PYTHON = f"/usr/bin/python3.{sys.version_info[1]}"
COMMAND = f"""#!/bin/sh
exec env PYTHONPATH={PROJECT}:/opt/packages {PYTHON} -m app "$@"
"""
_FOLDERS = "usr etc/claude-proxy var opt/claude-proxy/.venv/bin proc sys dev run tmp"


class Machine:
    """One container; ``root`` is its file system, ``/usr`` and the like aside."""

    def __init__(self, root: Path, claude: Path) -> None:
        self.root = root
        self._lay_out()
        shared = {
            Path("/usr"): "/usr",
            Path(sysconfig.get_path("purelib")): "/opt/packages",
            claude: "/opt/claude/claude",
            **{
                ROOT / each: f"{PROJECT}/{each}" for each in ("app", "config", "deploy")
            },
        }
        with (root / "console").open("w") as console:
            self.process = self._boot(shared, console)

    def _boot(
        self, shared: dict[Path, str], console: TextIO
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                *("systemd-nspawn", "--quiet", "--boot", "--console=pipe"),
                *("--register=no", "--keep-unit", "--link-journal=no"),
                *(f"--bind-ro={there}:{here}" for there, here in shared.items()),
                f"--directory={self.root}",
            ],
            # As every systemd of today has it; with v1 one in a container is not told
            # that a unit's last process has ended.
            env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
        )

    def _lay_out(self) -> None:
        self.root.chmod(0o755)  # in there it is /, which not only root enters
        for folder in _FOLDERS.split():
            (self.root / folder).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (self.root / name).symlink_to(f"usr/{name}")
        for name in ("passwd", "group", "os-release", "nsswitch.conf"):
            shutil.copy(Path("/etc", name), self.root / "etc")
        # One that is known, or it would be a first boot, which enables all there is.
        (self.root / "etc/machine-id").write_text(f"{uuid4().hex}\n")
        command = self.root / "opt/claude-proxy/.venv/bin/claude-proxy"
        command.write_text(COMMAND)
        command.chmod(0o755)

    def run(self, command: str) -> str:
        """Run a shell command in there as root; return all that it printed."""
        assert self.process.poll() is None, (self.root / "console").read_text()
        entered = ["nsenter", "-t", self._first(), "-m", "-u", "-i"]
        done = subprocess.run(
            [*entered, "-p", "-C", "-r", "-w", "/bin/sh", "-c", command],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=150,
        )
        return done.stdout.strip()

    def _first(self) -> str:
        """Return the process that is number 1 in there, once there is one."""
        return str(wait_until(lambda: children(self.process.pid))[0])

    def wait(self) -> None:
        """Wait until it has booted."""
        state = "systemctl is-system-running"
        wait_until(lambda: self.run(state) in ("running", "degraded"), 60)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        finally:
            self.process.kill()
