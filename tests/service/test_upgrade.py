"""Another CLI, and another proxy: what probes and requests see of the change."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.service.test_notify import WAYS
from tests.support.builders import copy_cli
from tests.support.family import children
from tests.support.ports import free_port
from tests.support.probing import probing
from tests.support.processes import Service
from tests.support.waiting import wait_until


def checks(fake_claude) -> int:
    return sum(call["argv"] == ["--version"] for call in fake_claude.calls)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_cli_that_is_replaced_in_one_step_fails_no_probe(serve, fake_claude, workers):
    service = serve(WORKERS=workers)
    service.becomes(None)
    with probing(f"{service.url}/health") as failed:
        for _ in range(4):
            known = checks(fake_claude)
            fake_claude.install()
            wait_until(lambda known=known: checks(fake_claude) > known)
        time.sleep(2)  # what the last one was found to be
    assert failed == []


def remove_then_write(cli: Path, body: bytes) -> None:
    cli.unlink()
    time.sleep(0.3)
    cli.write_bytes(body)
    cli.chmod(0o755)


def write_then_allow(cli: Path, body: bytes) -> None:
    """Replace it as install(1) does: it may be run once it is whole."""
    cli.unlink()
    slowly(cli, body)
    cli.chmod(0o755)


def write_over(cli: Path, body: bytes) -> None:
    """Replace it as cp(1) does: it may be run all the time, and is half for long."""
    slowly(cli, body)


def slowly(cli: Path, body: bytes) -> None:
    """Write a file in the two seconds that hundreds of megabytes take a busy disk."""
    with cli.open("wb", buffering=0) as file:
        for start in range(0, len(body), len(body) // 40):
            file.write(body[start : start + len(body) // 40])
            time.sleep(0.05)


@pytest.mark.parametrize("replace", [remove_then_write, write_then_allow, write_over])
def test_a_cli_that_is_replaced_in_steps_fails_no_probe(serve, fake_claude, replace):
    service = serve(HEALTH_CHECK_INTERVAL_SECONDS="0.5")
    service.becomes(None)
    with probing(f"{service.url}/health") as failed:
        for quarter in range(4):  # wherever the second between two looks begins
            time.sleep(quarter / 4)
            replace(fake_claude.path, fake_claude.path.read_bytes())
            known = checks(fake_claude)
            wait_until(lambda known=known: checks(fake_claude) > known)
        time.sleep(2)  # what the last one was found to be
    assert failed == []


def test_one_that_is_removed_first_is_told_as_long_as_it_is_gone(serve, fake_claude):
    service = serve()
    service.becomes(None)
    with probing(f"{service.url}/health") as failed:
        fake_claude.path.unlink()
        service.becomes("cli_not_found")
        fake_claude.install()
        service.becomes(None)
    assert set(failed) == {"cli_not_found"}


@pytest.fixture
def successor() -> Iterator[Callable[[Service], int]]:
    """Have USR2 start another version beside this one; it is ended after the test."""
    started: list[int] = []

    def successor(service: Service) -> int:
        service.process.send_signal(signal.SIGUSR2)
        told = re.compile(r"Listening at: \S+ \((\d+)\)")
        wait_until(lambda: len(told.findall(service.log)) == 2, 30)
        started.append(int(told.findall(service.log)[1]))
        wait_until(lambda: children(started[-1]), 30)
        return started[-1]

    yield successor
    for pid in started:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda pid=pid: not children(pid), 30)


@pytest.mark.parametrize("way", WAYS)
def test_another_proxy_takes_over_the_port_without_a_failed_probe(
    serve, fake_claude, successor, way
):
    port = free_port()
    service = serve(*WAYS[way], PORT=str(port), DRAIN_SECONDS="2")
    service.becomes(None)
    url = service.url
    with probing(f"{service.url}/health") as failed:
        pid = successor(service)
        time.sleep(2)  # it answers, too
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
        time.sleep(1)  # it answers alone
    assert failed == []
    answer = requests.get(url + "/health", timeout=10)
    assert answer.status_code == 200
    assert children(pid)


def test_a_real_one_is_replaced_while_it_answers(
    serve, upstream, real_claude, tmp_path
):
    cli = copy_cli(real_claude, tmp_path / "cli" / "claude")
    service = serve(CLAUDE_CLI_PATH=str(cli))
    service.becomes(None)
    body = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 50,
        "messages": [{"role": "user", "content": "Hi"}],
    }
    with probing(f"{service.url}/health") as failed:
        for number in range(6):
            if number == 2:
                copy_cli(real_claude, cli.with_suffix(".new")).rename(cli)
            answer = requests.post(service.url + "/v1/messages", json=body, timeout=60)
            assert answer.status_code == 200, answer.text
    assert failed == []
