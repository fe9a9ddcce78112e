"""What a warm process saves: the first token and CPU of one, and of a cold one."""

import json
import os
import resource
import statistics
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from app.pool.command import environment
from app.pool.events import StreamEvent
from app.pool.process import Process
from app.pool.session import Key, Prompt, Session
from bench.cli import made_up, the_cli
from tests.support.upstream import Upstream

RUNS = 30
_LEAN = (
    *("-p", "--output-format", "stream-json", "--verbose"),
    *("--include-partial-messages", "--tools", "", "--setting-sources", ""),
    *(
        "--strict-mcp-config",
        "--no-session-persistence",
        "--model",
        "claude-sonnet-4-5",
    ),
    *("--system-prompt", "Be brief.", "--", "Hello?"),
)
_MESSAGES = [{"role": "user", "content": "Hello?"}]
_BODY = {"messages": _MESSAGES, "max_tokens": 9, "thinking": {"type": "disabled"}}
PROMPT = Prompt(json.dumps(_BODY).encode(), "Hello?")


def main() -> None:
    """Print medians of the same request, asked warm and cold in turn."""
    cli = the_cli()
    with TemporaryDirectory(ignore_cleanup_errors=True) as home, Upstream() as upstream:
        environ = made_up(home, upstream.url)
        compare(cli, environ, Path(home))


def compare(cli: Path, made_up: dict[str, str], home: Path) -> None:
    """Ask warm and cold in turn."""
    session = started(cli, made_up)
    first = warm_first_token(session)
    lists: list[list[float]] = [[], [], [], []]
    warm, cold, cold_cpu, spares = lists
    before = cpu_of(session.process)
    for _ in range(RUNS):
        warm.append(warm_first_token(session))
        since = children_cpu()
        cold.append(cold_first_token(cli, made_up, home))
        cold_cpu.append(children_cpu() - since)
    warm_cpu = (cpu_of(session.process) - before) / RUNS
    end(session)
    for _ in range(RUNS // 3):
        spare = started(cli, made_up)
        spares.append(warm_first_token(spare))
        end(spare)
    print(f"\nFirst token, median of {RUNS} (and CPU a request)")
    show("warm process, used before", warm, warm_cpu)
    show("fresh spare", spares, None)
    show("cold claude -p, lean", cold, statistics.median(cold_cpu))
    ratio = statistics.median(warm) / statistics.median(cold)
    print(
        f"  warm to cold {ratio:.2f}; the warm one's very first {first * 1000:.0f} ms"
    )


def started(cli: Path, made_up: dict[str, str]) -> Session:
    """Return a warm process."""
    session = Session(Process.start(cli, made_up, None, 30))
    session.key = Key("bench", "claude-sonnet-4-5", "Be brief.")
    return session


def end(session: Session) -> None:
    """End it and leave nothing."""
    session.end("bench is over")
    session.process.reap()


def warm_first_token(session: Session) -> float:
    """Return the seconds to the first event; empty the process after."""
    start, first = time.perf_counter(), 0.0
    for event in session.ask(PROMPT):
        if isinstance(event, StreamEvent) and not first:
            first = time.perf_counter() - start
    if session.finish() or not session.is_empty():
        raise SystemExit("the warm process is of no use")
    return first


def cold_first_token(cli: Path, made_up: dict[str, str], home: Path) -> float:
    """Return the seconds from the start of a cold one to its first event."""
    start, first = time.perf_counter(), 0.0
    with subprocess.Popen(
        [str(cli), *_LEAN],
        env=environment(made_up, home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as cold:
        for line in cold.stdout or ():
            if b'"message_start"' in line and not first:
                first = time.perf_counter() - start
    return first


def children_cpu() -> float:
    """Return the CPU seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_of(process: Process) -> float:
    """Return the CPU seconds that a running process has used; Linux only."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def show(name: str, seconds: list[float], cpu: float | None) -> None:
    """Print one line."""
    used = "" if cpu is None else f"{cpu:8.3f} s"
    middle, worst = statistics.median(seconds), max(seconds)
    print(f"  {name:28}{middle * 1000:6.0f} ms, at most {worst * 1000:4.0f} ms{used}")


if __name__ == "__main__":
    main()
