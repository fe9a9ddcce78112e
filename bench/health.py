"""How soon the service is healthy, and what it holds while idle.

Run it with ``make bench``. The machine may be noisy: every figure is a median with its
least and most.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from app.claude.locate import locate
from bench.service import ROOT, Service, spread

STARTS = 5


def measure_start() -> None:
    """Time ``claude-proxy serve`` to its first healthy answer, and its parts."""
    healthy, live, imports = [], [], []
    for _ in range(STARTS):
        with Service("-m", "app", "serve") as proxy:
            live.append(time.perf_counter() - proxy.started)
            healthy.append(proxy.wait_for(200))
            idle = proxy.memory_mib()
        imports.append(timed([sys.executable, "-c", "import app.commands.main"]))
    print(f"start to healthy:       {spread(healthy, ' s')}")
    print(f"  of it until it listens {spread(live, ' s')}")
    print(f"  of that, imports       {spread(imports, ' s')}")
    print(f"idle memory:            {idle['Rss']:.0f} MiB RSS, {idle['Pss']:.0f} PSS")


def measure_cli() -> None:
    """Time the two questions the background check asks the CLI."""
    cli = locate(None, os.environ["PATH"], Path.home()).path
    for question in (["--version"], ["auth", "status"]):
        print(f"claude {' '.join(question)}: ", end="")
        times = [timed([str(cli), *question]) for _ in range(STARTS)]
        print(spread(times, " s"))


def timed(command: list[str]) -> float:
    """Return the seconds a command takes, in a folder without a login."""
    environment = {"HOME": "/nonexistent", "HTTPS_PROXY": "http://127.0.0.1:9"}
    started = time.perf_counter()
    subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=False
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    measure_start()
    measure_cli()
