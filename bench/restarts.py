"""What a scrape costs, and whether a count is lost, after many worker restarts."""

import http.client
import os
import re
import signal
import sys
import time

from bench.service import Service, spread

RESTARTS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
SCRAPES = 50
_OURS = ("--preload", "--workers", "2")
_COUNT = re.compile(r'requests_total\{endpoint="/health/live".*status="200"\} (\S+)')


def get(proxy: Service, path: str) -> str:
    """Ask until somebody answers, since workers come and go; return the body."""
    while True:
        try:
            connection = http.client.HTTPConnection(*proxy.address, timeout=10)
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException):
            time.sleep(0.005)
        finally:
            connection.close()


def restart(proxy: Service) -> None:
    """Kill one worker, and wait for the one that takes its place."""
    before = proxy.pids()
    os.kill(before[1], signal.SIGKILL)
    while len(after := proxy.pids()) != len(before) or before[1] in after:
        time.sleep(0.002)


def measure() -> None:
    """Kill a worker after every request, then scrape."""
    with Service("-m", "gunicorn", *_OURS, "bench.many:app") as proxy:
        proxy.wait_for(200)
        for _ in range(RESTARTS):
            get(proxy, "/health/live")
            restart(proxy)
        proxy.wait_for(200)
        counted = _COUNT.search(get(proxy, "/metrics"))
        times, text = [], ""
        for _ in range(SCRAPES):
            started = time.perf_counter()
            text = get(proxy, "/metrics")
            times.append((time.perf_counter() - started) * 1e3)
        files = len(list(proxy.state.glob("metrics-*/*")))
    series = sum(not line.startswith("#") for line in text.splitlines())
    print(f"\n/metrics with {series} series, 2 workers, after {RESTARTS} restarts")
    print(f"  {spread(times, ' ms', 1)}, {files} files")
    found = float(counted.group(1)) if counted else 0.0
    print(f"  counted {found:.0f} of {RESTARTS} requests")


if __name__ == "__main__":
    measure()
