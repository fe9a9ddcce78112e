"""What translating adds to the first token and to an event, beside /v1/messages."""

import http.client
import json
import statistics
import time
from contextlib import closing
from typing import Any

from app.messages.shape import MessagesShape, Shape
from app.openai.asking import Translated
from app.openai.chat import read_chat
from app.openai.completion import ChatShape
from app.pool.events import StreamEvent
from bench.cli import the_cli
from bench.messages import proxy
from bench.service import Service, spread
from tests.support.upstream import Answer, Upstream, message

PAIRS, RUNS, EVENTS = 150, 7, 5000
DOORS = ("/v1/messages", "/v1/chat/completions")
_TOOL = {"name": "f", "description": "d" * 300, "parameters": {"type": "object"}}
_SAID = [{"role": "user", "content": "Hello? " * 50}]
_BODY: dict[str, Any] = {"model": "claude-sonnet-4-5", "max_tokens": 9, "stream": True}
_BODY |= {"messages": _SAID}


def ask(service: Service, door: str) -> float:
    """Return the seconds from the request to its first event; read the rest."""
    body = json.dumps(_BODY)
    with closing(http.client.HTTPConnection(*service.address, timeout=60)) as asked:
        start = time.perf_counter()
        asked.request("POST", door, body)
        answer = asked.getresponse()
        answer.readline()
        first = time.perf_counter() - start
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{door} was {answer.status}: {answer.read()!r}")
        answer.read()
    return first


def first_token(service: Service) -> None:
    """Ask by either door in turn, and print what a pair differs by."""
    times: dict[str, list[float]] = {door: [] for door in DOORS}
    for number in range(PAIRS + 5):
        for door in DOORS if number % 2 else DOORS[::-1]:
            times[door].append(1000 * ask(service, door))
    ours, openais = (times[door][5:] for door in DOORS)  # the first ones warm up
    added = sorted(b - a for a, b in zip(ours, openais, strict=True))
    print(f"\nFirst token by either door, {PAIRS} pairs, one in turn with one")
    for door, each in zip(DOORS, (ours, openais), strict=True):
        print(f"  {door:22}{spread(each, ' ms')}")
    quarter = len(added) // 4
    print(
        f"  {'added':22}{statistics.median(added):.2f} ms (half of them"
        f" {added[quarter]:.2f} to {added[-quarter - 1]:.2f}; target 2)"
    )


def events(service: Service, upstream: Upstream) -> None:
    """Read long streams by either door in turn; print the proxy's CPU an event."""
    begin, start, delta, *rest = message("word ")
    upstream.always(Answer([begin, start, *([delta] * EVENTS), *rest]))
    cpu: dict[str, list[float]] = {door: [] for door in DOORS}
    for number in range(RUNS):
        for door in DOORS if number % 2 else DOORS[::-1]:
            before = service.cpu_seconds()
            ask(service, door)
            cpu[door].append((service.cpu_seconds() - before) / EVENTS * 1e6)
    print(
        f"\nCPU an event in the proxy, {RUNS} streams of {EVENTS} events each in turn"
    )
    for door in DOORS:
        print(f"  {door:22}{spread(cpu[door], ' us', 0)}")
    added = [b - a for a, b in zip(*(cpu[door] for door in DOORS), strict=True)]
    print(f"  {'added':22}{spread(added, ' us', 0)} (target 30)")


def alone() -> None:
    """Print what the functions take by themselves, in this process."""
    raw = json.dumps(message("word ")[2]).encode()
    event = StreamEvent(raw, "content_block_delta")
    chat = ChatShape(Translated(b"", {}, ()))
    chat.event(StreamEvent(json.dumps(message()[0]).encode(), "message_start"))
    print("\nThe functions alone")
    for name, shape in (("verbatim", MessagesShape()), ("translated", chat)):
        print(f"  an event {name:11}{spread(taken(shape, event), ' us', 1)}")
    for turns in (1, 40):
        tools = [{"type": "function", "function": _TOOL}]
        body = json.dumps(_BODY | {"messages": _SAID * turns, "tools": tools}).encode()
        times = []
        for _ in range(50):
            start = time.perf_counter()
            read_chat(body, aliases={})
            times.append(1000 * (time.perf_counter() - start))
        print(f"  a request of {len(body):6} bytes {spread(times, ' ms')}")


def taken(shape: Shape, event: StreamEvent) -> list[float]:
    """Return microseconds an event, of twenty rounds of a thousand."""
    times = []
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(1000):
            shape.event(event)
        times.append(1000 * (time.perf_counter() - start))
    return times


def main() -> None:
    """Print medians, each with its least and most."""
    cli = the_cli()
    with Upstream() as upstream, proxy(upstream, cli) as service:
        first_token(service)
        events(service, upstream)
    alone()


if __name__ == "__main__":
    main()
