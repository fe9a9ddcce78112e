"""What proxy and CLI add to an agent's turn, to a large body and to a long stream."""

import http.client
import json
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from bench.cli import the_cli
from bench.messages import cpu_below, first_token, proxy
from bench.service import Service, spread
from tests.support.upstream import Answer, Body, Upstream, blocks, message

TURNS, RUNS, EVENTS = 20, 5, 2000


def use_a_tool(note: Path) -> Any:
    """Return a script that asks for the same tool twenty times, then says so."""

    def script(body: Body) -> Answer:
        turn = json.dumps(body["messages"]).count('"tool_result"')
        if not body.get("tools") or turn >= TURNS:
            return Answer(message("Read."))
        tool = {"type": "tool_use", "id": f"toolu_{turn}", "name": "Read", "input": {}}
        arguments = json.dumps({"file_path": str(note)})
        said = {"type": "input_json_delta", "partial_json": arguments}
        return Answer(blocks([(tool, [said])], "tool_use"))

    return script


def agent(service: Service, upstream: Upstream, cli: Path, home: Path) -> None:
    """Let Claude Code work directly and through the proxy, in turn."""
    note = home / "note.txt"
    note.write_text("A note.")
    upstream.script = use_a_tool(note)
    ours = f"http://127.0.0.1:{service.address[1]}"
    through, direct = [], []
    for _ in range(RUNS):
        direct.append(work(cli, home, upstream.url))
        through.append(work(cli, home, ours))
    added = [(a - b) / (TURNS + 1) for a, b in zip(through, direct, strict=True)]
    print(
        f"\nClaude Code as the client, {TURNS} tool turns, {RUNS} runs of each in turn"
    )
    print(
        f"  directly {spread(direct, ' s')}, through the proxy {spread(through, ' s')}"
    )
    print(f"  a turn {spread([1000 * each for each in added], ' ms', 0)} (target 60)")


def work(cli: Path, home: Path, url: str) -> float:
    """Return the seconds that Claude Code takes for its work."""
    made_up = {"HOME": str(home), "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "any"}
    quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
    start = time.perf_counter()
    said = subprocess.run(
        [cli, "-p", "Read my note.", "--allowedTools", "Read"],
        env={"PATH": os.environ["PATH"], **made_up, **quiet},
        cwd=home,
        capture_output=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=True,
    )
    if said.stdout != b"Read.\n":
        raise RuntimeError(said.stdout[-500:])
    return time.perf_counter() - start


def large_body(service: Service, upstream: Upstream) -> None:
    """Time a body of 10 MB to its first token, directly and through the proxy."""
    upstream.always(Answer(message()))
    source = {"type": "base64", "media_type": "image/png", "data": "A" * (10 << 20)}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What?"}]
    said = [{"role": "user", "content": content}]
    times, cpu = [], []
    for _ in range(RUNS):
        before = cpu_below(service)
        times.append(1000 * first_token(service, messages=said))
        cpu.append(cpu_below(service) - before)
    print("\nA body of 10 MB")
    print(f"  first token {spread(times, ' ms', 0)}, CPU {spread(cpu, ' s')}")


def long_stream(service: Service, upstream: Upstream) -> None:
    """Time each event of a long stream from the stub's hand to the client's."""
    upstream.script = lambda _: Answer(cast("list[Body]", timed_events()))
    for _ in range(2):
        before = service.cpu_seconds()
        late = sorted(lateness(service))
        used = (service.cpu_seconds() - before) / len(late)
    p99 = late[int(len(late) * 0.99)]
    print(
        f"\nA stream of {len(late)} events, a millisecond apart; CLI and proxy together"
    )
    print(
        f"  each is late by {statistics.median(late):.1f} ms, p99 {p99:.1f}, at most"
        f" {late[-1]:.1f}; CPU an event in the proxy {used * 1e6:.0f} us"
    )


def timed_events() -> Iterator[Body]:
    """Yield an answer whose every delta says when it was made."""
    events = message("x")
    delta = events[2]
    yield from events[:2]
    for _ in range(EVENTS):
        time.sleep(0.001)
        now = f"{time.monotonic()} "
        yield delta | {"delta": {"type": "text_delta", "text": now}}
    yield from events[3:]


def lateness(service: Service) -> Iterator[float]:
    """Yield by how many milliseconds each event came after it was made."""
    body = {"model": "claude-sonnet-4-5", "max_tokens": 9999, "stream": True}
    body |= {"messages": [{"role": "user", "content": "Count."}]}
    with closing(http.client.HTTPConnection(*service.address, timeout=60)) as asked:
        asked.request("POST", "/v1/messages", json.dumps(body))
        answer = asked.getresponse()
        while line := answer.readline():
            if b"text_delta" in line:
                made = float(json.loads(line[6:])["delta"]["text"])
                yield 1000 * (time.monotonic() - made)


def main() -> None:
    """Print medians, each with its least and most."""
    cli = the_cli()
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as home,
        Upstream() as upstream,
        proxy(upstream, cli) as service,
    ):
        agent(service, upstream, cli, Path(home))
        large_body(service, upstream)
        long_stream(service, upstream)


if __name__ == "__main__":
    main()
