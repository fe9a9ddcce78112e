"""nginx and haproxy, each by its shipped file, in front of real services."""

import itertools
import json
import re
import signal
import socket
import time

import pytest
import requests

from tests.deploy.conftest import KEY, Replica
from tests.messages.test_request import LEAST
from tests.support.processes import Service
from tests.support.traffic import Clients
from tests.support.upstream import Answer, message
from tests.support.waiting import wait_until


@pytest.fixture(params=["nginx", "haproxy"])
def program(request) -> str:
    return request.param


def services(replicas: tuple[Replica, ...]) -> list[Service]:
    return [each.service for each in replicas]


def numbers(*replicas: Replica) -> list[str]:
    """Return which requests came to these replicas' upstreams."""
    bodies = [json.dumps(b) for each in replicas for b in each.upstream.requests]
    return [number for body in bodies for number in re.findall(r"number \d+", body)]


def test_a_stream_comes_as_it_is_written(two, in_front, program):
    for each in two:
        each.upstream.always(Answer(message("a b"), pause=0.3))
    url = f"{in_front(program, *services(two))}/v1/messages"
    body, headers = LEAST | {"stream": True}, {"x-api-key": KEY}
    with requests.post(
        url, json=body, headers=headers, stream=True, timeout=30
    ) as answer:
        lines = ((line, time.monotonic()) for line in answer.iter_lines(1))
        came = [at for line, at in lines if line.startswith(b"event: ")]
    gaps = [after - before for before, after in itertools.pairwise(came)]
    print(program, "gaps", [round(gap, 3) for gap in gaps])
    assert sum(gap > 0.15 for gap in gaps) >= 4  # five pauses, none kept for the end


def test_a_killed_replica_fails_only_what_it_was_answering(two, in_front, program):
    one, _ = two
    with Clients(in_front(program, *services(two)), KEY) as clients:
        wait_until(lambda: len(clients.asked) > 8, 60)
        before = len(one.upstream.requests)
        wait_until(lambda: len(one.upstream.requests) > before, 30)
        one.kill()
        dead = time.monotonic()
        asked = len(clients.asked)
        wait_until(lambda: len(clients.asked) > asked + 20, 60)
    report(program, "killed", clients)
    assert 1 <= len(clients.failures) <= 4  # as many as there are clients
    assert all(each.began < dead for each in clients.failures)
    came = numbers(*two)
    assert len(came) == len(set(came))  # nothing was asked twice


def test_a_drained_replica_fails_nothing(two, in_front, program):
    one, _ = two
    with Clients(in_front(program, *services(two)), KEY) as clients:
        wait_until(lambda: len(clients.asked) > 8, 60)
        one.service.process.send_signal(signal.SIGTERM)
        assert one.service.process.wait(60) == 0
        asked = len(clients.asked)
        wait_until(lambda: len(clients.asked) > asked + 12, 60)
    report(program, "drained", clients)
    assert clients.failures == []
    came = numbers(*two)
    assert sorted(came) == sorted({f"number {each.number}" for each in clients.asked})


def report(program: str, how: str, clients: Clients) -> None:
    print(program, how, len(clients.asked), "asked", len(clients.failures), "failed")
    print(*clients.failures, sep="\n")


@pytest.mark.parametrize("stream", [True, False])
def test_who_goes_away_ends_the_request_upstream(replica, in_front, program, stream):
    one = replica("one")
    one.service.becomes(None)
    one.upstream.always(Answer(message("Nobody reads this."), pause=6.0))
    host, _, port = in_front(program, one.service).rpartition(":")
    body = json.dumps(LEAST | {"stream": stream})
    head = f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nx-api-key: {KEY}\r\n"
    with socket.create_connection((host.removeprefix("http://"), int(port))) as caller:
        caller.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        wait_until(lambda: one.upstream.requests, 30)
        gone = time.monotonic()
    took = wait_until(lambda: one.upstream.gone, 30)[0] - gone
    print(program, "stream" if stream else "whole", round(took, 3), "s")
    assert took < 5  # before the next event
