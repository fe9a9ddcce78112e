"""A soak: faults at random; afterwards nothing has grown and it is healthy.

``make soak`` makes it an hour (SOAK_SECONDS). SOAK_SEED repeats a run; it is printed.
"""

import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import requests

from tests.claude.test_files import STRANGE
from tests.service.test_staying_up import ready
from tests.support.builders import FakeClaude
from tests.support.family import children
from tests.support.messages_api import write_login
from tests.support.processes import Service
from tests.support.waiting import wait_until

MODES = [
    *("ok", "ok", "hang", "hang_hard", "garbage", "invalid_utf8", "flood", "empty"),
    *("crash", "killed", "logged_out", "old", "auth_crash", "auth_garbage"),
]
SECONDS = float(os.environ.get("SOAK_SECONDS", "25"))  # before tests clear it
SEED = int(os.environ.get("SOAK_SEED", time.time_ns() % 1_000_000))


class Chaos:
    """Does one thing after another to a service, at random."""

    def __init__(self, service: Service, fake: FakeClaude, home: Path, state: Path):
        self.service, self.fake, self.home, self.state = service, fake, home, state
        self.dice = random.Random(SEED)
        self.done: Counter[str] = Counter()
        self.answers: Counter[int | str] = Counter()

    def reign(self, *, sparing_workers: bool) -> None:
        """Do 500 things, or more where there is time, and ask after each."""
        faults: dict[Callable[[], object], int] = {
            self.change_cli: 40,
            self.change_login: 25,
            self.remove_cli: 10,
            self.remove_state: 10,
            self.overwrite_state: 5,
            self.kill_guard: 8,
        }
        if not sparing_workers:
            faults |= {self.kill_worker: 3, self.reload: 1}
        until, number = time.monotonic() + SECONDS / 2, 0
        while time.monotonic() < until or number < 500:
            self.one(faults)
            self.ask()
            time.sleep(self.dice.random() * 0.035)
            number += 1

    def one(self, faults: dict[Callable[[], object], int]) -> None:
        (fault,) = self.dice.choices(list(faults), list(faults.values()))
        with suppress(FileNotFoundError, ProcessLookupError):
            fault()
        self.done[fault.__name__] += 1

    def ask(self) -> None:
        try:
            answer = requests.get(f"{self.service.url}/health", timeout=5)
            self.answers[answer.status_code] += 1
        except requests.RequestException as error:
            self.answers[type(error).__name__] += 1

    def change_cli(self) -> None:
        self.fake.set(mode=self.dice.choice(MODES))

    def change_login(self) -> None:
        login = self.home / ".claude/.credentials.json"
        if login.is_dir():
            login.rmdir()
        login.unlink(missing_ok=True)
        kind = self.dice.choice([*STRANGE, "whole"])
        if kind == "whole":
            write_login(self.home)
        elif kind != "socket":  # its path is too long here
            STRANGE[kind](login)

    def remove_cli(self) -> None:
        self.fake.path.unlink(missing_ok=True)
        if self.dice.random() < 0.8:
            self.fake.install()

    def remove_state(self) -> None:
        found = [self.state, *self.state.rglob("*")]
        victim = self.dice.choice(found)
        if victim.is_dir():
            shutil.rmtree(victim, ignore_errors=True)
        else:
            victim.unlink()

    def overwrite_state(self) -> None:
        found = [path for path in self.state.rglob("*") if path.is_file()]
        if found:
            size = self.dice.choice([0, 3, 5000])
            self.dice.choice(found).write_bytes(self.dice.randbytes(size))

    def kill_guard(self) -> None:
        for worker in self.service.workers():
            for guard in children(worker):
                os.kill(guard, signal.SIGKILL)

    def kill_worker(self) -> None:
        os.kill(self.dice.choice(self.service.workers()), signal.SIGKILL)

    def reload(self) -> None:
        os.kill(self.service.process.pid, signal.SIGHUP)

    def heal(self) -> None:
        login = self.home / ".claude/.credentials.json"
        if login.is_dir():
            login.rmdir()
        login.unlink(missing_ok=True)
        write_login(self.home)
        self.fake.set(mode="ok")
        self.fake.install()


def commands(fake: FakeClaude) -> list[int]:
    """Return the processes anywhere that run the fake CLI, guarded or orphaned."""
    path = os.fsencode(fake.path)
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if path in each.read_bytes():
                found.append(int(each.parent.name))
    return found


def holdings(service: Service) -> dict[str, list[int]]:
    """Count what the master and its workers hold, when they are at rest."""
    workers = [f"/proc/{pid}" for pid in service.workers()]
    every = [f"/proc/{service.process.pid}", *workers]
    return {
        "workers": [len(workers)],
        "descriptors": [descriptors(Path(p, "fd")) for p in every],
        "threads": [len(list(Path(p, "task").iterdir())) for p in every],
    }


def descriptors(folder: Path) -> int:
    """Count them but for the lock of a worker's own folder, held once it was needed."""
    names = []
    for each in folder.iterdir():
        with suppress(OSError):
            names.append(str(each.readlink()))
    return sum("/claude-pool-" not in name for name in names)


def at_rest(service: Service, fake: FakeClaude) -> dict[str, list[int]]:
    """Count once every worker is healthy and no question is under way."""
    ready(service)
    wait_until(lambda: not commands(fake), 30)

    def twice() -> dict[str, list[int]] | None:
        first = holdings(service)
        time.sleep(0.5)
        return first if first == holdings(service) else None

    return wait_until(twice, 30)


def test_nothing_grows_under_random_faults(serve, fake_claude, environment, tmp_path):
    print(f"SOAK_SEED={SEED} SOAK_SECONDS={SECONDS:g}")
    write_login(environment)
    timing = {
        "HEALTH_CHECK_INTERVAL_SECONDS": "0.5",
        "HEALTH_CHECK_TIMEOUT_SECONDS": "0.3",
    }
    # One thread for requests: a worker starts them as it needs them, up to THREADS.
    service = serve(WORKERS="2", THREADS="1", **timing)
    chaos = Chaos(service, fake_claude, environment, tmp_path / "state")
    figures = {"before": at_rest(service, fake_claude)}
    for name, sparing in (("workers killed", False), ("workers spared", True)):
        workers = service.workers()
        chaos.reign(sparing_workers=sparing)
        chaos.heal()
        figures[name] = at_rest(service, fake_claude)
        assert not sparing or service.workers() == workers
    print(json.dumps({**figures, "answers": chaos.answers, "faults": chaos.done}))
    assert all(held == figures["before"] for held in figures.values())
    assert service.process.poll() is None
    service.stop()
    wait_until(lambda: not commands(fake_claude))
