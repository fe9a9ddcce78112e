"""What the whole way through proxy and CLI costs, beside a cold CLI and a warm one.

The stub of the upstream runs in this process, so each way pays for it alike.
"""

import http.client
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.cli import made_up, the_cli
from bench.pool import (
    children_cpu,
    cold_first_token,
    cpu_of,
    end,
    started,
    warm_first_token,
)
from bench.service import Service, spread
from tests.support.upstream import Upstream

ROUNDS, AT_ONCE = 40, 8
_BODY = {
    "model": "claude-sonnet-4-5",
    "system": "Be brief.",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "Hello?"}],
}


@contextmanager
def proxy(upstream: Upstream, cli: Path) -> Iterator[Service]:
    """Serve the real CLI against the stub, with room for eight of one caller."""
    with Service(
        *("-m", "app", "serve"),
        all_cores=True,
        CLAUDE_CLI_PATH=str(cli),
        ANTHROPIC_BASE_URL=upstream.url,
        POOL_MAX="16",
    ) as service:
        service.wait_for(200)
        yield service


def first_token(service: Service, **more: object) -> float:
    """Return the seconds from the request to its first event."""
    body = json.dumps(_BODY | {"stream": True} | more)
    with closing(http.client.HTTPConnection(*service.address, timeout=60)) as asked:
        start = time.perf_counter()
        asked.request("POST", "/v1/messages", body)
        answer = asked.getresponse()
        if b"message_start" not in answer.readline():
            raise RuntimeError(f"no answer: {answer.status} {answer.read()!r}")
        first = time.perf_counter() - start
        answer.read()
    return first


def ways(service: Service, cli: Path, made_up: dict[str, str], home: Path) -> None:
    """Compare the first token and the CPU of three ways, asked in turn."""
    session = started(cli, made_up)
    warm_first_token(session)
    first_token(service)
    ours, direct, cold, cpu, cold_cpu = [[0.0] * 0 for _ in range(5)]
    for _ in range(ROUNDS):
        before = cpu_below(service)
        ours.append(first_token(service))
        time.sleep(0.05)  # it empties its conversation; that is its CPU, too
        cpu.append(cpu_below(service) - before)
        direct.append(warm_first_token(session))
        before = children_cpu()
        cold.append(cold_first_token(cli, made_up, home))
        cold_cpu.append(children_cpu() - before)
    end(session)
    print(f"\nFirst token and CPU, {ROUNDS} of each in turn")
    for name, times in (("through the proxy", ours), ("warm CLI alone", direct)):
        print(f"  {name:20}{spread([1000 * each for each in times], ' ms', 0)}")
    print(f"  {'cold claude -p':20}{spread([1000 * each for each in cold], ' ms', 0)}")
    middle = statistics.median
    print(f"  proxy to cold {middle(ours) / middle(cold):.2f} (target 0.15)")
    more = [1000 * (a - b) for a, b in zip(ours, direct, strict=True)]
    print(f"  over the warm CLI alone {spread(more, ' ms', 1)} (target 15)")
    ratio = statistics.mean(cpu) / statistics.mean(cold_cpu)
    print(
        f"  CPU: {statistics.mean(cpu):.3f} s, cold {statistics.mean(cold_cpu):.3f} s"
    )
    print(f"  CPU proxy and CLI to cold {ratio:.2f} (target 0.2)")


def side_by_side(service: Service, cold: Callable[[], float]) -> None:
    """Compare requests a second of eight clients with one system prompt."""
    with ThreadPoolExecutor(AT_ONCE) as clients:
        list(clients.map(lambda _: first_token(service), range(AT_ONCE)))
        ours = rate(clients, lambda: first_token(service), 400)
        theirs = rate(clients, cold, 32)
    print(f"\nRequests a second, {AT_ONCE} clients, one system prompt")
    print(f"  proxy {ours:.1f}, one CLI a request {theirs:.1f}: {ours / theirs:.1f}x")


def conversations(service: Service, cold: Callable[[], float]) -> None:
    """Compare eight new conversations at once, each with a system prompt of its own."""
    ours: list[float] = []
    theirs: list[float] = []
    with ThreadPoolExecutor(AT_ONCE) as clients:
        for number in range(6):
            prompts = [f"You are number {number}.{each}." for each in range(AT_ONCE)]
            ours += clients.map(lambda p: first_token(service, system=p), prompts)
            theirs += clients.map(lambda _: cold(), prompts)
            time.sleep(1)
    print(f"\nFirst token of {AT_ONCE} new conversations at once, 6 rounds")
    print(f"  proxy {spread([1000 * each for each in ours], ' ms', 0)}")
    print(f"  cold  {spread([1000 * each for each in theirs], ' ms', 0)}")


def rate(clients: ThreadPoolExecutor, ask: Callable[[], float], number: int) -> float:
    """Return how many a second, asked by all clients at once."""
    start = time.perf_counter()
    list(clients.map(lambda _: ask(), range(number)))
    return number / (time.perf_counter() - start)


def cpu_below(service: Service) -> float:
    """Return the CPU seconds of the server and all it started, the ended included."""
    used, ticks, pids = 0, os.sysconf("SC_CLK_TCK"), [service.process.pid]
    while pids:
        pid = pids.pop()
        for task in Path(f"/proc/{pid}/task").glob("*"):
            pids += map(int, (task / "children").read_text().split())
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used += sum(map(int, stat[11:15]))
    return used / ticks


def memory(cli: Path, made_up: dict[str, str]) -> None:
    """Show what one warm process holds after many requests, and what each costs."""
    session = started(cli, made_up)
    sizes, before = {}, 0.0
    for number in range(1, 501):
        warm_first_token(session)
        if number in (1, 10, 100, 500):
            sizes[number] = (session.process.memory or 0) >> 20
        before = cpu_of(session.process) if number == 10 else before
    cost = (cpu_of(session.process) - before) / 490
    end(session)
    print("\nMemory of one warm CLI after so many requests, in MiB")
    print(f"  {sizes}; CPU a request {cost:.3f} s")


def main() -> None:
    """Print medians, each with its least and most."""
    cli = the_cli()
    with TemporaryDirectory(ignore_cleanup_errors=True) as home, Upstream() as upstream:
        environ = made_up(home, upstream.url)

        def cold() -> float:
            return cold_first_token(cli, environ, Path(home))

        with proxy(upstream, cli) as service:
            ways(service, cli, environ, Path(home))
            side_by_side(service, cold)
            conversations(service, cold)
        memory(cli, environ)


if __name__ == "__main__":
    main()
