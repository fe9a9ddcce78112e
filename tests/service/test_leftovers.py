"""Requests that end in every way there is; afterwards nothing of them is left.

``make soak`` makes them 500 (SOAK_REQUESTS). SOAK_SEED repeats a run; it is printed.
"""

import json
import os
import random
import re
import signal
import socket
import struct
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import requests

from tests.service.test_messages import KEY, connect, send
from tests.service.test_soak import SEED
from tests.support.family import tree
from tests.support.processes import Service
from tests.support.upstream import Answer, Body, message, tool_use
from tests.support.waiting import wait_until

REQUESTS = int(os.environ.get("SOAK_REQUESTS", "80"))  # before tests clear it
CLIENTS, THREADS = 6, 8
BUSY = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy."}}
THE_CLIS_OWN = re.compile(
    r"state/claude-[^/]+/|home/(.*/)?\.claude\.json\.(lock|backup\.)"
)
PLANS = [
    *("good", "good", "slow", "max_tokens", "tool", "cut", "hang", "stall", "broken"),
    *("400", "404", "429", "500", "529"),
]
MALFORMED = [
    *(b"", b"{", b"[]", b'{"model": NaN}', b'"\\ud800"', b'{"a": 1, "a": 2}'),
    *(b"[" * 10_000, b"\xff\xfe", b'{"model": "m", "messages": 5, "max_tokens": 1}'),
]


def scripted(body: Body) -> Answer:
    """Answer as the request's text says; what nobody planned is a 500."""
    found = re.search(r"(ask-\d+)-(\w+)", json.dumps(body["messages"]))
    mark, plan = found.groups() if found else ("", "500")
    if plan.isdigit():
        return Answer(status=int(plan), error="api_error")
    plans = {
        "slow": Answer(message(mark), pause=0.05),
        "max_tokens": Answer(message(mark, "max_tokens"), pause=0.01),
        "tool": Answer(tool_use("Bash", {"command": mark})),
        "cut": Answer(message(mark), pause=0.02, cut=3),
        "hang": Answer(hangs=True),
        "stall": Answer(message(mark), pause=30.0),
        "broken": Answer([*message(mark)[:3], BUSY]),
    }
    return plans.get(plan, Answer(message(mark)))


class Client:
    """One request, which its number and the seed make what it is."""

    def __init__(self, service: Service, number: int) -> None:
        self.service, self.number = service, number
        self.dice = random.Random(f"{SEED}-{number}")
        plan = self.dice.choice(PLANS)
        self.body: Any = {
            "model": "claude-haiku-4-5",
            "max_tokens": 100,
            "system": self.dice.choice(["Be brief.", "Be kind.", "Be both."]),
            "messages": [{"role": "user", "content": f"ask-{number}-{plan}"}],
            "stream": self.dice.random() < 0.5,
        }

    def come(self) -> str:
        """Ask; return what became of it, in a word."""
        ways = {self.read: 8, self.leave: 5, self.malform: 2, self.dawdle: 1}
        (way,) = self.dice.choices([*ways, self.kill], [*ways.values(), 3])
        return f"{way.__name__} {way()}"

    def read(self) -> str:
        url = f"{self.service.url}/v1/messages"
        answer = requests.post(url, json=self.body, headers=KEY, timeout=30)
        if answer.status_code == 200:
            self.is_whole(answer.text)
        return str(answer.status_code)

    def is_whole(self, said: str) -> None:
        """See that it is this request's answer and says truly whether it is whole."""
        assert set(re.findall(r"ask-\d+", said)) <= {f"ask-{self.number}"}
        if self.body["stream"]:
            last = re.findall(r"^event: (.*)$", said, re.MULTILINE)[-1]
            assert last in ("message_stop", "error")
        else:
            assert json.loads(said)["stop_reason"]

    def leave(self) -> str:
        with connect(self.service) as connection:
            send(connection, self.body)
            time.sleep(self.dice.random() * 0.4)
            if self.dice.random() < 0.5:  # a reset, and not a FIN
                now = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        return ""

    def malform(self) -> str:
        with connect(self.service) as connection:
            send(connection, self.dice.choice(MALFORMED))
            return connection.recv(100)[9:12].decode()

    def dawdle(self) -> str:
        """Send half a body, and go away or wait for what is said to that."""
        with connect(self.service) as connection:
            send(connection, b'{"model', "Content-Length: 1000")
            if self.dice.random() < 0.5:
                return ""
            return connection.recv(100)[9:12].decode()

    def kill(self) -> str:
        """Kill a Claude CLI or its guard, whoever's it is, and read all the same."""
        with ThreadPoolExecutor(1) as killer:
            killing = killer.submit(self._kill, self.dice.random() * 0.3)
            said = self.read()
            killing.result()
        return said

    def _kill(self, seconds: float) -> None:
        time.sleep(seconds)
        with suppress(ProcessLookupError, FileNotFoundError, IndexError):
            below = tree(self.service.workers()[0])[1:]
            warm = [pid for pid in below if age(pid) > 1]  # not while it writes its own
            os.kill(self.dice.choice(warm), signal.SIGKILL)


def age(pid: int) -> float:
    """Return for how many seconds a process has been there."""
    started = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    up = float(Path("/proc/uptime").read_text().split()[0])
    return up - int(started) / os.sysconf("SC_CLK_TCK")


def left_by(service: Service, folder: Path) -> Counter[str]:
    """Count what there is; of names that are made anew each time the kind alone.

    What a living CLI has in its private folder is its own affair. Not counted are the
    lock that a killed one may leave at its own file, which the next takes over without
    being held up (0.25 s to be warm with and without, measured), and the copies of that
    file, of which it makes one a minute and keeps five.
    """
    [worker] = service.workers()
    process = Path(f"/proc/{worker}")
    # Not by rglob, which a file that goes away meanwhile makes fail.
    found = (
        os.path.relpath(f"{at}/{name}", folder)
        for at, folders, files in os.walk(folder)
        for name in (*folders, *files)
    )
    found = (path for path in found if not THE_CLIS_OWN.match(path))
    left = Counter(re.sub(r"claude-\w+|\d+\.[\w.]+$", "*", name) for name in found)
    left["processes"] = len(tree(service.process.pid))
    left["threads"] = len([*process.joinpath("task").iterdir()])
    left["descriptors"] = len([*process.joinpath("fd").iterdir()])
    return left


def figures(left: Counter[str]) -> dict[str, int]:
    """Return the counts, those of files added up."""
    counts = {name: left[name] for name in ("processes", "threads", "descriptors")}
    return counts | {"files": left.total() - sum(counts.values())}


def at_rest(service: Service, folder: Path) -> Counter[str]:
    """Count when nothing has changed for two seconds."""
    seen: list[Counter[str]] = []

    def still() -> bool:
        time.sleep(0.25)
        seen.append(left_by(service, folder))
        return len(seen) > 8 and all(each == seen[-1] for each in seen[-8:])

    wait_until(still, 60)
    return seen[-1]


def settled(service: Service, folder: Path, before: Counter[str]) -> Counter[str]:
    """Count when there is no more than before, or after half a minute."""
    until = time.monotonic() + 30
    while (left := left_by(service, folder)) - before and time.monotonic() < until:
        time.sleep(0.25)
    return left


def warm_up(service: Service) -> None:
    """Let there be each thread that requests may have."""
    [worker] = service.workers()
    threads = Path(f"/proc/{worker}/task")
    before = len([*threads.iterdir()])

    def crowd() -> bool:
        with ExitStack() as held, ThreadPoolExecutor(THREADS) as many:
            for _ in range(THREADS):
                send(held.enter_context(connect(service)), b"{", "Content-Length: 9")
            for _ in range(THREADS * 4):
                many.submit(service.get, "/health/detailed")
        return len([*threads.iterdir()]) >= before + THREADS

    wait_until(crowd, 30)


def test_nothing_is_left_of_requests(serve, real_claude, upstream, tmp_path):
    print(f"SOAK_SEED={SEED} SOAK_REQUESTS={REQUESTS}")
    upstream.script = scripted
    service = serve(
        CLAUDE_CLI_PATH=str(real_claude),
        PROXY_API_KEY="k3y",
        THREADS=str(THREADS),
        POOL_MAX="10",
        POOL_SPARES="1",
        POOL_IDLE_SECONDS="1",
        QUEUE_TIMEOUT_SECONDS="5",
        FIRST_EVENT_TIMEOUT_SECONDS="2",
        STALL_TIMEOUT_SECONDS="0.5",
        BODY_TIMEOUT_SECONDS="0.5",
        TMPDIR=str(tmp_path),
    )
    service.becomes(None)
    warm_up(service)
    wait_until(lambda: Client(service, 0).read())
    before = at_rest(service, tmp_path)
    with ThreadPoolExecutor(CLIENTS) as clients:
        came = clients.map(lambda n: Client(service, n).come(), range(1, REQUESTS + 1))
        outcomes = Counter(came)
    after = settled(service, tmp_path, before)
    print(json.dumps({"left": figures(after), "outcomes": outcomes}))
    asked = Counter(re.findall(r"ask-\d+-(?!404)\w+", json.dumps(upstream.requests)))
    assert set(asked.values()) == {1}
    assert dict(after - before) == {}
