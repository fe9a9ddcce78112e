"""Nobody's slowness or haste delays a probe."""

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import requests

from tests.service.attacks import (
    GET,
    LIVE,
    RandomWalk,
    failed_probes,
    in_background,
    send,
    send_in_background,
)
from tests.support.processes import BIN, Service
from tests.support.waiting import wait_until

SLOW = (str(BIN / "gunicorn"), "tests.service.slow:app")
OPENAPI = GET % (b"/openapi.json", b"")
CHUNKED = GET % (b"/health", b"Transfer-Encoding: chunked\r\n")
BODIES = {
    "length": (GET % (b"/health", b"Content-Length: 100000\r\n"), b"a"),
    "chunk extension": (CHUNKED + b"1;", b"a"),
    "trailer": (CHUNKED + b"0\r\nX: ", b"a"),
}


@pytest.fixture
def service(serve: Callable[..., Service], fake_claude) -> Service:
    service = serve(*SLOW, THREADS="8", SEND_TIMEOUT_SECONDS="2")
    service.becomes(None)
    return service


def test_pipelined_answers_nobody_reads_delay_no_probe(service, dial):
    for attacker in [dial(service, unreading=True) for _ in range(40)]:
        send(attacker, OPENAPI * 40)
    assert failed_probes(service, 10) == []


def test_answers_asked_for_later_and_not_read_delay_no_probe(service, dial):
    attackers = [dial(service, unreading=True) for _ in range(40)]

    def ask_again() -> None:
        for attacker in attackers:
            send(attacker, OPENAPI)

    with in_background(ask_again, 0.05):
        assert failed_probes(service, 20) == []


@pytest.mark.parametrize("kind", BODIES)
def test_slow_bodies_delay_no_probe(service, dial, kind):
    head, byte = BODIES[kind]
    attackers = [dial(service) for _ in range(40)]
    for attacker in attackers:
        send(attacker, head)

    def go_on() -> None:
        for attacker in attackers:
            send(attacker, byte)

    with in_background(go_on, 0.03):
        assert failed_probes(service, 10) == []


def test_a_refusal_nobody_reads_delays_no_probe(service, dial):
    for attacker in [dial(service, unreading=True) for _ in range(10)]:
        send(attacker, OPENAPI * 40)
        send_in_background(attacker, b"GET / HTTP/1.1\r\nX: " + b"a" * (1 << 17))
    assert failed_probes(service, 10) == []


def test_a_body_at_full_speed_delays_no_probe(service, dial):
    attacker = dial(service)
    send(attacker, GET % (b"/health", b"Content-Length: 100000000000\r\n"))

    def flood() -> None:
        with suppress(OSError):
            attacker.send(b"a" * (1 << 20))

    with in_background(flood, 0):
        assert failed_probes(service, 10) == []


def test_who_reads_nothing_loses_the_connection_and_the_place(service, dial):
    short = f"{service.url}/long?megabytes=0"

    def all_places_are_taken() -> bool:
        for attacker in [dial(service, unreading=True) for _ in range(6)]:
            send(attacker, GET % (b"/long?megabytes=8", b""))
        return any(requests.get(short).status_code == 503 for _ in range(50))

    wait_until(all_places_are_taken, 30)  # again, where a busy machine was too slow
    wait_until(lambda: requests.get(short).status_code == 200)


def test_a_slow_but_real_reader_gets_a_long_answer_whole(service, dial):
    reader = dial(service, unreading=True)
    send(reader, GET % (b"/long?megabytes=1", b"Connection: close\r\n"))
    received, started = 0, time.monotonic()
    while chunk := reader.recv(4096):
        received += len(chunk)
        time.sleep(0.02)
    assert time.monotonic() - started > 4  # longer than the time-out without progress
    assert received > 1 << 20


def test_any_mixture_of_abuse_delays_no_probe(service, dial):
    walks = [
        RandomWalk(seed, partial(dial, service, unreading=bool(seed % 2)))
        for seed in range(6)
    ]

    def walk() -> None:
        for each in walks:
            each.step()

    with in_background(walk, 0.001):
        # Two seconds: the walks alone keep both of a small machine's cores busy.
        assert failed_probes(service, 80, every=0.1, within=2.0) == []


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_few_descriptors_burn_no_core_and_leave_room_for_checks(
    serve, fake_claude, dial
):
    limited = ("sh", "-c", f'ulimit -n 64; exec "{sys.executable}" -m app serve')
    service = serve(*limited, HEALTH_CHECK_INTERVAL_SECONDS="0.2")
    service.becomes(None)
    for _ in range(200):
        dial(service)
    asked = len(fake_claude.calls)
    used = cpu_seconds(service.workers()[0])
    assert failed_probes(service, 10) == []
    assert cpu_seconds(service.workers()[0]) - used < 1
    wait_until(lambda: len(fake_claude.calls) > asked + 4)


def test_a_full_house_lets_a_probe_in(serve, fake_claude, dial):
    service = serve(MAX_CONNECTIONS="16", THREADS="4")
    service.becomes(None)
    for _ in range(50):
        send(dial(service), LIVE)
    assert failed_probes(service, 10) == []


def test_the_check_can_be_run_beside_a_crowd(serve, fake_claude, dial):
    limited = ("sh", "-c", f'ulimit -n 64; exec "{sys.executable}" -m app serve')
    service = serve(*limited)
    service.becomes(None)
    for _ in range(200):
        dial(service)
    command = [sys.executable, "-m", "app", "check", "--url", service.url]
    assert subprocess.run(command, capture_output=True, timeout=20).returncode == 0
