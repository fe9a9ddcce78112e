"""What becomes of the answers that run when the service is told to stop."""

import os
import re
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.messages.test_request import LEAST
from tests.service.test_messages import DOOR, DOORS, OPENAIS, ask, connect, send
from tests.support.family import tree
from tests.support.upstream import Answer, message
from tests.support.waiting import wait_until

LASTING = Answer(message("Whole."), pause=1.0)  # five pauses
ENDLESS = Answer(message("Never whole."), pause=60.0)
STREAM = LEAST | {"stream": True}
END_OF_STREAM = r"event: message_stop|data: \[DONE\]\n\n$"
END_OF_WHOLE = r'"end_turn"|"finish_reason": "stop"'


@pytest.fixture
def start(serve, real_claude, upstream):
    def start(**variables: str):
        cli = {"CLAUDE_CLI_PATH": str(real_claude), "PROXY_API_KEY": "k3y"}
        return serve(**cli, **variables)

    return start


class Asking(threading.Thread):
    """A client in a thread of its own; ``said`` is its answer, or what went wrong."""

    def __init__(self, service, upstream, body: Any = STREAM, door: str = DOOR) -> None:
        super().__init__()
        self.said = self.error = ""
        self.status = 0
        self.headers: Any = {}
        self._asked = service, body, door
        before = len(upstream.requests)
        self.start()
        wait_until(lambda: len(upstream.requests) > before, 60)

    def run(self) -> None:
        try:
            answer = ask(*self._asked)
            self.said, self.status = answer.text, answer.status_code
            self.headers = answer.headers
        except requests.RequestException as error:
            self.error = repr(error)

    def answer(self) -> str:
        self.join(60)
        assert not self.error
        return self.said


def stop(service, number: int = signal.SIGTERM) -> None:
    service.process.send_signal(number)


def ends(service, state: Path) -> None:
    """See it end well, and leave nothing."""
    children = [pid for worker in service.workers() for pid in tree(worker)]
    assert service.process.wait(60) == 0
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), 30)
    assert list(state.glob("claude-*")) == []


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@DOORS
@pytest.mark.parametrize("body", [STREAM, LEAST], ids=["stream", "whole"])
def test_an_answer_that_runs_ends_whole_and_the_service_with_it(
    start, upstream, state, body, door
):
    service = start()
    upstream.always(LASTING)
    asking = Asking(service, upstream, body, door)
    stop(service)
    said = asking.answer()
    assert "Whole." in said
    assert re.search(END_OF_STREAM if body is STREAM else END_OF_WHOLE, said)
    ends(service, state)


def test_a_stream_of_openais_breaks_off_with_an_error(start, upstream, state):
    service = start(GRACEFUL_TIMEOUT_SECONDS="1")
    upstream.always(Answer(message("Never whole."), pause=1.5))
    asking = Asking(service, upstream, STREAM, OPENAIS)
    stop(service)
    last = asking.answer().rstrip().rsplit("\n\n", 1)[1]
    assert last.startswith('data: {"error": {"message": "draining: ')
    ends(service, state)


def test_a_stream_that_lasts_longer_than_may_be_waited_is_told_so(
    start, upstream, state
):
    service = start(GRACEFUL_TIMEOUT_SECONDS="1")
    upstream.always(Answer(message("Never whole."), pause=1.5))
    asking = Asking(service, upstream)
    stop(service)
    said = asking.answer()
    assert said.count("event: ") > 1
    assert said.rsplit("event: ", 1)[1].startswith('error\ndata: {"type": "error"')
    assert "draining: " in said
    assert "message_stop" not in said
    ends(service, state)


def test_a_whole_answer_that_lasts_longer_is_asked_for_again_elsewhere(
    start, upstream, state
):
    service = start(GRACEFUL_TIMEOUT_SECONDS="1")
    upstream.always(ENDLESS)
    asking = Asking(service, upstream, LEAST)
    stop(service)
    assert "draining: " in asking.answer()
    assert (asking.status, asking.headers["x-should-retry"]) == (503, "true")
    ends(service, state)


def test_who_waits_in_the_queue_is_answered_too(start, upstream, state):
    service = start(POOL_MAX="1", DRAIN_SECONDS="0.5")
    upstream.always(Answer(message("Whole."), pause=0.4))
    first = Asking(service, upstream)
    stop(service)
    assert "Whole." in ask(service, LEAST).text  # asked while draining
    assert "event: message_stop" in first.answer()
    ends(service, state)


def test_a_client_that_keeps_its_connection_holds_nothing_up(start, upstream, state):
    service = start()
    upstream.always(Answer(message("Whole."), pause=0.2))
    with requests.Session() as session:
        url, head = f"{service.url}/v1/messages", {"x-api-key": "k3y"}
        with session.post(url, json=STREAM, headers=head, stream=True) as answer:
            lines = answer.iter_lines()
            assert next(lines) == b"event: message_start"
            stop(service)
            assert b"event: message_stop" in [*lines]
        ends(service, state)


def test_nobody_is_left_hanging_while_it_waits(start, upstream, state):
    service = start()
    upstream.always(LASTING)
    asking = Asking(service, upstream)
    stop(service)
    wait_until(lambda: refused(service))
    assert "event: message_stop" in asking.answer()
    ends(service, state)


def refused(service) -> bool:
    try:
        connect(service).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_further_term_cuts_no_answer(start, upstream, state):
    service = start(DRAIN_SECONDS="60")
    upstream.always(Answer(message("Whole."), pause=0.5))
    asking = Asking(service, upstream)
    for _ in range(4):
        stop(service)
        time.sleep(0.2)
    assert "event: message_stop" in asking.answer()
    ends(service, state)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
@pytest.mark.parametrize("waiting", [True, False])
def test_int_and_quit_wait_for_no_answer(start, upstream, state, number, waiting):
    service = start()
    upstream.always(ENDLESS)
    asking = Asking(service, upstream)
    if waiting:
        stop(service)
        wait_until(lambda: "Handling signal: term" in service.log)
    stop(service, number)
    said = asking.answer()
    assert "event: error" in said
    assert "message_stop" not in said
    ends(service, state)


def test_nor_for_a_body_that_does_not_come(start, state):
    service = start()
    with connect(service) as connection:
        send(connection, b"{", "Content-Length: 100")
        service.get()  # by now the other has been read, too
        stop(service, signal.SIGINT)
        ends(service, state)


def test_nor_for_a_cli_that_does_not_start(serve, fake_claude, state):
    fake_claude.set(mode="hang_hard")
    service = serve(POOL_SPARES="1")
    wait_until(lambda: fake_claude.calls, 30)
    stop(service)
    assert service.process.wait(20) == 0  # and not after the 30 of a start


def test_a_reload_cuts_no_answer(start, upstream, state):
    service = start()
    upstream.always(LASTING)
    asking = Asking(service, upstream)
    [before] = service.workers()
    stop(service, signal.SIGHUP)
    wait_until(lambda: len(service.workers()) == 2, 30)
    assert "event: message_stop" in asking.answer()
    wait_until(lambda: before not in service.workers(), 30)
    stop(service)
    ends(service, state)


def test_without_its_master_a_worker_ends_with_its_last_answer(start, upstream, state):
    service = start()
    upstream.always(Answer(message("Whole."), pause=0.5))
    asking = Asking(service, upstream)
    left = tree(service.process.pid)
    os.kill(service.process.pid, signal.SIGKILL)
    assert "event: message_stop" in asking.answer()
    service.process.wait(30)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left), 30)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(service.url.rsplit(":")[-1])))


def _next_worker(service, old: int) -> int:
    """Return it in the millisecond of its fork: no pause between two looks."""
    until = time.monotonic() + 20
    while not (new := [pid for pid in service.workers() if pid != old]):
        assert time.monotonic() < until
    return new[0]


def test_a_worker_that_is_just_forked_ends_too(serve, fake_claude):
    """It is stopped in its first moment, and has SIGTERM before it can listen."""
    service = serve()
    service.becomes(None)
    (old,) = service.workers()
    os.kill(old, signal.SIGKILL)
    new = _next_worker(service, old)
    os.kill(new, signal.SIGSTOP)
    stop(service)
    wait_until(lambda: "Handling signal: term" in service.log)
    time.sleep(0.3)  # in which the master sends it on
    os.kill(new, signal.SIGCONT)
    assert service.process.wait(60) == 0
