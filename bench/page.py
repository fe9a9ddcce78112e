"""What the status page and the history cost, with 90 days of rows behind them.

Run it with ``make bench``.
"""

import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from app.history.archive import DAY, HOUR, MINUTE, Archive
from app.history.slot import Slot
from bench.service import ROOT, Service, spread
from tests.support import made_up_past

ROUNDS, REQUESTS, ROWS = 7, 100, 500
PATHS = {
    "/": "the page",
    "/health/detailed": "beside it: the detailed health",
    "/health/history": "the history of 24 h, by the hour",
    "/health/history?since=48h&step=minute": "of 48 h, by the minute",
    "/health/history?since=90d": "of 90 d, by the day",
    "/health/history?since=90d&step=hour": "of 90 d, by the hour",
}
_AFTER = 11.0  # seconds in which the page may show what it has read before


def measure_answers() -> None:
    """Print CPU and bytes of each answer."""
    with Service("-m", "app", "serve") as proxy:
        past = [sys.executable, "-m", "tests.support.made_up_past"]
        subprocess.run(past, cwd=ROOT, env=proxy.environment, check=True)
        proxy.wait_for(200)
        time.sleep(_AFTER)
        for path, name in PATHS.items():
            costs = [proxy.cost(REQUESTS, path) / 1000 for _ in range(ROUNDS)]
            print(
                f"{name + ':':34}{spread(costs, ' ms')} CPU, {proxy.size(path)} bytes"
            )


def measure_rows() -> None:
    """Print what it takes to write a minute into a full archive."""
    with TemporaryDirectory() as folder:
        archive = Archive(Path(folder), "bench")
        now = time.time()
        made_up_past.write(archive, now)
        first = int(now // MINUTE) * MINUTE
        minutes = made_up_past.slots(first, first + ROWS * MINUTE, MINUTE, now)
        took = spread(_writes(archive, minutes), " µs", digits=0)
        print(f"{'a minute, into a full archive:':34}{took}")
        archive.close()


def _writes(archive: Archive, minutes: Iterable[tuple[int, Slot]]) -> list[float]:
    """Return the microseconds of each write."""
    times = []
    for at, slot in minutes:
        began = time.perf_counter()
        archive.add({at: slot})
        times.append((time.perf_counter() - began) * 1e6)
    return times


def measure_year() -> None:
    """Print the size of the file after a year, which is written as hours at first."""
    with TemporaryDirectory() as folder:
        archive = Archive(Path(folder), "bench")
        began, now = time.perf_counter(), time.time()
        first, recent = (int((now - days * DAY) // HOUR) * HOUR for days in (365, 2))
        for at in range(first, recent, DAY):
            archive.add(dict(made_up_past.slots(at, at + DAY, HOUR, now)))
        last = made_up_past.slots(recent, recent + 2 * DAY, MINUTE, now)
        archive.add(dict(last))
        archive.close()
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        took = time.perf_counter() - began
        year = f"{size / 1e6:.2f} MB, written in {took:.0f} s"
        print(f"{'the file after a year:':34}{year}")


if __name__ == "__main__":
    measure_answers()
    measure_rows()
    measure_year()
