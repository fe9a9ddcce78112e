"""How soon probes answer while every place for slow work is taken."""

import contextlib
import http.client
import statistics
import time

from bench.service import Service

PROBES, EVERY = 1000, 0.01
_SECONDS = 40


def measure() -> None:
    """Time probes, each over a connection of its own, beside slow streams."""
    with Service("-m", "gunicorn", "tests.service.slow:app") as proxy:
        proxy.wait_for(200)
        with contextlib.ExitStack() as held:
            streams = 0
            while True:
                slow = http.client.HTTPConnection(*proxy.address, timeout=30)
                held.enter_context(contextlib.closing(slow))
                slow.request("GET", f"/slow?seconds={_SECONDS}")
                if slow.getresponse().status != 200:
                    break
                streams += 1
            times = sorted(probe(proxy) for _ in range(PROBES))
    last, longest = times[int(len(times) * 0.99)] * 1e3, times[-1] * 1e3
    print(f"\n/health beside {streams} slow streams (every place), {PROBES} probes")
    print(f"  median {statistics.median(times) * 1e3:.1f} ms, p99 {last:.1f} ms")
    print(f"  longest {longest:.1f} ms, over a second: {sum(t > 1 for t in times)}")


def probe(proxy: Service) -> float:
    """Return the seconds one probe took, its connection included."""
    time.sleep(EVERY)
    started = time.perf_counter()
    if proxy.status() != 200:
        raise RuntimeError("not healthy")
    return time.perf_counter() - started


if __name__ == "__main__":
    measure()
