"""What an answer costs: ours, a bare WSGI callable, and what others use."""

import statistics

from bench.peers import PATHS
from bench.service import Service, spread

ROUNDS, REQUESTS = 7, 2000
_HERE = ("-m", "gunicorn", "--config", "/dev/null", "--bind", "127.0.0.1:0")


def services(worker: str) -> dict[str, tuple[Service, str]]:
    """Return, by name, each service on the same gunicorn settings and its path."""
    shape = ("--worker-class", worker, "--threads", "1" if worker == "sync" else "8")
    ours = ("--worker-class", worker) if worker == "sync" else ()
    measured = {
        "bare WSGI callable": (Service(*_HERE, *shape, "bench.bare:app"), "/"),
        "claude-proxy /health": (
            Service("-m", "gunicorn", *ours, "wsgi:app", THREADS="8"),
            "/health",
        ),
        "Flask, constant bytes": (
            Service(*_HERE, *shape, "bench.constant:app"),
            "/health",
        ),
    }
    for peer, path in PATHS.items():
        if peer == "fastapi":
            continue
        service = Service(*_HERE, *shape, "bench.peers:app", PEER=peer)
        measured[peer] = (service, path)
    if worker == "sync":
        command = ("-m", "uvicorn", "bench.peers:app", "--port", "0", "--no-access-log")
        measured["fastapi, uvicorn"] = (Service(*command, PEER="fastapi"), "/health")
    return measured


def measure(worker: str) -> None:
    """Print CPU a request of each, and its ratio to the bare callable's."""
    print(f"\nCPU a request, {worker}, pinned to one core (ratio to the bare callable)")
    measured = services(worker)
    costs: dict[str, list[float]] = {name: [] for name in measured}
    try:
        for service, path in measured.values():
            service.__enter__()
            service.wait_for(200, path)
            service.load(REQUESTS // 4, path)
        for _ in range(ROUNDS):
            for name, (service, path) in measured.items():
                costs[name].append(service.cost(REQUESTS, path))
    finally:
        for service, _ in measured.values():
            service.__exit__(None, None, None)
    bare = costs["bare WSGI callable"]
    for name, values in costs.items():
        ratios = [a / b for a, b in zip(values, bare, strict=True)]
        middle = statistics.median(values)
        print(f"  {name:24}{middle:6.0f} µs  {spread(ratios, ' x')}")


if __name__ == "__main__":
    for kind in ("sync", "gthread"):
        measure(kind)
