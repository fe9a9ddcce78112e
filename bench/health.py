"""What ``/health`` costs, how soon it is healthy, and what the idle service holds.

Run it with ``make bench``. The machine may be noisy: every figure is a median with its
least and most, and the cost is a ratio of two services measured in turn.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from app.claude.locate import locate
from bench.service import ROOT, Service

ROUNDS, REQUESTS, STARTS = 9, 4000, 5
OURS = ("-m", "gunicorn", "wsgi:app")
CONSTANT = (
    *("-m", "gunicorn", "--config", "/dev/null", "--bind", "127.0.0.1:0"),
    *("--worker-class", "gthread", "--threads", "32", "bench.constant:app"),
)


def spread(values: Sequence[float], unit: str = "", digits: int = 2) -> str:
    """Write a median with its least and most."""
    least, most = min(values), max(values)
    middle = statistics.median(values)
    return f"{middle:.{digits}f}{unit} ({least:.{digits}f} to {most:.{digits}f})"


def cost(service: Service) -> float:
    """Return CPU microseconds a request."""
    before = service.cpu_seconds()
    service.load(REQUESTS)
    return (service.cpu_seconds() - before) / REQUESTS * 1e6


def measure_cost() -> None:
    """Compare ``/health`` with a Flask view that returns constant bytes."""
    ours, constant = [], []
    with Service(*OURS) as proxy, Service(*CONSTANT) as bare:
        proxy.wait_for(200)
        bare.wait_for(200)
        cost(proxy), cost(bare)
        for _ in range(ROUNDS):
            ours.append(cost(proxy))
            constant.append(cost(bare))
        memory = proxy.memory_mib()
    ratios = [a / b for a, b in zip(ours, constant, strict=True)]
    print(f"/health, CPU a request: {spread(ours, ' µs', 0)}")
    print(f"constant Flask view:    {spread(constant, ' µs', 0)}")
    print(f"ratio, round by round:  {spread(ratios)}")
    print(
        f"memory after load:      {memory['Rss']:.0f} MiB RSS, {memory['Pss']:.0f} PSS"
    )


def measure_start() -> None:
    """Time ``claude-proxy serve`` to its first healthy answer, and its parts."""
    healthy, live, imports = [], [], []
    for _ in range(STARTS):
        with Service("-m", "app", "serve") as proxy:
            live.append(time.perf_counter() - proxy.started)
            healthy.append(proxy.wait_for(200))
            idle = proxy.memory_mib()
        imports.append(timed([sys.executable, "-c", "import app.cli"]))
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
    measure_cost()
    measure_start()
    measure_cli()
