"""What nginx in front costs: /health and the first token, directly and through it."""

import http.client
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.cli import the_cli
from bench.service import Service, spread
from tests.support.fronts import Front
from tests.support.upstream import Upstream

PAIRS = 200
_MESSAGES = [{"role": "user", "content": "Hello?"}]
_BODY = json.dumps(
    {"model": "m", "max_tokens": 9, "messages": _MESSAGES, "stream": True}
)
_HEADERS = {"x-api-key": "made-up", "content-type": "application/json"}


def measure() -> None:
    """Time pairs of the same question, one way and the other in turn."""
    cli = the_cli()
    with (
        TemporaryDirectory() as folder,
        Upstream() as upstream,
        Service(
            *("-m", "app", "serve"),
            ANTHROPIC_BASE_URL=upstream.url,
            CLAUDE_CLI_PATH=str(cli),
            PROXY_API_KEY="made-up",
        ) as s,
    ):
        Path(folder).chmod(0o755)
        s.wait_for(200)
        direct = f"http://127.0.0.1:{s.address[1]}"
        with Front("nginx", Path(folder), [direct]) as front:
            print(f"\nDirectly and through nginx, {PAIRS} pairs, one in turn with one")
            show("/health", health, direct, front.url)
            show("first token", first_token, direct, front.url)


def show(name: str, ask: Callable[[str], float], direct: str, front: str) -> None:
    """Print the medians in ms, and that of what a pair differs by."""
    pairs = []
    for number in range(PAIRS + 5):
        ways = (direct, front) if number % 2 else (front, direct)
        took = {way: ask(way) * 1000 for way in ways}
        pairs.append((took[direct], took[front]))
    pairs = pairs[5:]  # the first ones open connections and warm up
    differences = sorted(through - alone for alone, through in pairs)
    quarter = len(differences) // 4
    print(f"  {name:12} directly {spread([a for a, _ in pairs], ' ms')}")
    print(f"  {'':12} through  {spread([t for _, t in pairs], ' ms')}")
    print(
        f"  {'':12} added    {statistics.median(differences):.2f} ms (half of them"
        f" {differences[quarter]:.2f} to {differences[-quarter - 1]:.2f})"
    )


def health(url: str) -> float:
    """Return the seconds a probe took, its connection included."""
    started = time.perf_counter()
    with_answer(url, "GET", "/health", None).read()
    return time.perf_counter() - started


def first_token(url: str) -> float:
    """Return the seconds until the first event of an answer; read the rest."""
    started = time.perf_counter()
    answer = with_answer(url, "POST", "/v1/messages", _BODY)
    answer.readline()
    took = time.perf_counter() - started
    answer.read()
    return took


def with_answer(
    url: str, method: str, path: str, body: str | None
) -> http.client.HTTPResponse:
    """Ask over a new connection."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    connection.request(method, path, body, _HEADERS if body else {})
    answer = connection.getresponse()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{path} was {answer.status}: {answer.read()!r}")
    return answer


if __name__ == "__main__":
    measure()
