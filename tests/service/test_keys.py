"""Keys with names on real servers: limits of a host, revoked at once, usage kept."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.claude.test_process import is_alive
from tests.messages.test_request import LEAST
from tests.service.test_staying_up import fill, small_disk, state, warnings
from tests.support.family import tree
from tests.support.keys import ALICE, BOB
from tests.support.processes import BIN, Service
from tests.support.upstream import Answer
from tests.support.waiting import wait_until

__all__ = ["small_disk", "state"]
OPERATOR = {"x-api-key": "operator"}
AS_ALICE, AS_BOB = {"x-api-key": ALICE}, {"x-api-key": BOB}


@pytest.fixture
def start(serve, real_claude, upstream, write_keys):
    """Start a service whose file of keys has these lines."""

    def start(text: str, workers: int = 1) -> Service:
        write_keys(text)
        options = {"CLAUDE_CLI_PATH": str(real_claude), "PROXY_API_KEY": "operator"}
        return serve(WORKERS=str(workers), **options)

    return start


def ask(service: Service, who: dict[str, str] = AS_ALICE, **more: Any):
    url = f"{service.url}/v1/messages"
    return requests.post(url, json=LEAST, headers=who, timeout=60, **more)


def usage(service: Service) -> dict[str, int]:
    rows = service.get("/v1/usage", headers=OPERATOR).json()["data"]
    return {row["caller"]: row["requests"] for row in rows}


def with_a_cli(service: Service) -> int:
    """Return the worker that has one for requests, which no probe is."""

    def is_warm(pid: int) -> bool:
        with suppress(OSError):
            return b"stream-json" in Path(f"/proc/{pid}/cmdline").read_bytes()
        return False

    def found() -> list[int]:
        return [w for w in service.workers() if any(map(is_warm, tree(w)[1:]))]

    return wait_until(found)[0]


@contextmanager
def stopped(worker: int) -> Iterator[None]:
    """Have the other worker answer all that is asked."""
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


@pytest.mark.parametrize("limit", ["per-minute=1", "tokens-per-day=10"])
def test_a_limit_that_one_worker_has_seen_used_up_holds_in_the_other(start, limit):
    service = start(f"alice {ALICE} {limit}\nbob {BOB}\n", workers=2)
    assert ask(service).status_code == 200
    with stopped(with_a_cli(service)):
        refused = ask(service)
        assert refused.status_code == 429
        assert limit in refused.json()["error"]["message"]
        assert ask(service, AS_BOB).status_code == 200
        assert usage(service) == {"alice": 1, "bob": 1}


def test_a_place_in_one_worker_is_none_in_the_other_and_a_kill_frees_it(
    start, upstream, dial
):
    service = start(f"alice {ALICE} parallel=1\n", workers=2)
    upstream.always(Answer(hangs=True))
    dial(service).sendall(raw(ALICE))
    wait_until(lambda: upstream.requests, 50)
    holder = with_a_cli(service)
    with stopped(holder):
        assert ask(service).status_code == 429
    os.kill(holder, signal.SIGKILL)
    upstream.script = lambda _: Answer([], status=400, error="invalid_request_error")
    wait_until(lambda: ask(service).status_code == 400, 50)


def raw(key: str) -> bytes:
    body = json.dumps(LEAST)
    head = f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nx-api-key: {key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def test_a_key_that_is_revoked_has_no_process_left(start, write_keys):
    service = start(f"alice {ALICE}\nbob {BOB}\n")
    assert ask(service).status_code == 200
    processes = tree(with_a_cli(service))[1:]
    write_keys(f"bob {BOB}\n")
    wait_until(lambda: ask(service).status_code == 401)
    wait_until(lambda: not any(map(is_alive, processes)), 20)
    assert ask(service, AS_BOB).status_code == 200


def test_a_request_that_runs_is_ended_with_its_key(start, upstream, write_keys):
    service = start(f"alice {ALICE}\n")
    upstream.always(Answer(hangs=True))
    with ThreadPoolExecutor() as threads:
        running = threads.submit(ask, service)
        wait_until(lambda: upstream.requests, 50)
        write_keys("")
        answer = running.result(50)
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "The key was revoked."
    wait_until(lambda: upstream.gone)


def test_usage_outlives_a_killed_server(start, serve, real_claude):
    service = start(f"alice {ALICE}\n")
    assert ask(service).status_code == 200
    before = service.workers()
    for pid in (service.process.pid, *before):
        os.kill(pid, signal.SIGKILL)
    service.process.wait(10)
    again = serve(CLAUDE_CLI_PATH=str(real_claude), PROXY_API_KEY="operator")
    assert usage(again) == {"alice": 1}


def test_a_disk_that_fills_up_refuses_nobody_and_loses_nothing(start, small_disk):
    folder = small_disk("size=8m")
    service = start(f"alice {ALICE} parallel=2 per-minute=2 tokens-per-day=99\n")
    assert ask(service).status_code == 200
    fill(folder)
    shutil.rmtree(folder / "callers")
    (folder / "callers.sqlite").unlink()
    fill(folder)
    assert [ask(service).status_code for _ in "abc"] == [200] * 3
    assert "Usage cannot be kept" in warnings(service)
    (folder / "filling").unlink()
    assert ask(service).status_code == 200
    assert usage(service) == {"alice": 4}
    assert "Usage cannot be kept" not in warnings(service)


def test_a_bad_version_of_the_file_keeps_the_one_before(start, write_keys):
    service = start(f"alice {ALICE}\n")
    assert ask(service).status_code == 200
    write_keys("alice\n")
    body = wait_until(
        lambda: (b := service.get("/health/detailed").json()).get("warnings") and b
    )
    assert "Line 1" in body["warnings"][0]
    assert ask(service).status_code == 200
    assert "keys not read" in service.log


@pytest.mark.parametrize("command", [(), (str(BIN / "gunicorn"), "wsgi:app")])
def test_a_start_with_a_bad_file_is_refused(serve, fake_claude, write_keys, command):
    write_keys(f"{ALICE} alice\nb {BOB} parallel=none\n")
    service = serve(*command)
    assert service.process.wait(20) == 2
    assert "Line 1: " in service.log
    assert "Line 2: " in service.log
    assert ALICE not in service.log
    assert BOB not in service.log


def test_neither_keys_nor_their_digests_are_on_disk_or_in_the_log(start, tmp_path):
    service = start(f"alice {ALICE}\n")
    assert ask(service).status_code == 200
    ask(service, {"x-api-key": f"{ALICE}-wrong"})
    assert ALICE not in service.log
    for file in (tmp_path / "state").rglob("*"):
        assert not file.is_file() or ALICE.encode() not in file.read_bytes()
