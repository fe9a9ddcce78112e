"""The image, built from the shipped Dockerfile, and what its containers say and do."""

import shutil
import time

import pytest
import requests

from tests.messages.test_request import LEAST
from tests.support.containers import UID, Container, mounted, run
from tests.support.messages_api import write_login
from tests.support.ports import free_port
from tests.support.upstream import Answer, Upstream, message
from tests.support.waiting import wait_until

SECRET = "sk-ant-made-up-and-never-kept"


@pytest.fixture
def proxy(start, login, tmp_path) -> Container:
    """Start a proxy that is logged in, and whose CLI can be taken away."""
    (tmp_path / "cli").mkdir()
    (tmp_path / "cli/claude").symlink_to("/usr/local/bin/claude")
    return start(
        mounted(login),
        mounted(tmp_path / "cli", "/cli"),
        *("--env=CLAUDE_CLI_PATH=/cli/claude", "--env=DRAIN_SECONDS=0"),
    )


def test_it_is_healthy_logged_out_and_without_a_cli(proxy, login, tmp_path):
    proxy.becomes("healthy")
    assert proxy.shown("{{.State.Health.Status}}") == "healthy"
    proxy.run("claude", "auth", "logout")
    print(proxy.becomes("unhealthy", "Claude CLI authentication failed"))
    write_login(login)
    shutil.chown(login / ".claude/.credentials.json", UID, UID)
    proxy.becomes("healthy")
    (tmp_path / "cli/claude").unlink()
    print(proxy.becomes("unhealthy", "Claude CLI not found"))
    assert proxy.stop() == 0
    assert "Shutting down: Master" in proxy.log


def test_it_runs_within_limits_as_a_user_of_no_rights(proxy):
    proxy.becomes("healthy")
    status = dict(
        line.split(":\t") for line in proxy.run("cat", "/proc/1/status").splitlines()
    )
    assert set(status["Uid"].split()) == {str(UID)}
    assert (int(status["CapEff"], 16), status["NoNewPrivs"]) == (0, "1")
    assert proxy.shown("{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}") == (
        f"{1 << 30} 256"
    )
    assert run("exec", proxy.id, "touch", "/here").stderr.endswith(
        "Read-only file system\n"
    )
    assert run("exec", proxy.id, "touch", "/var/lib/claude-proxy/here").returncode == 0


def test_what_is_left_behind_is_reaped(proxy):
    """A process whose parent has gone comes to process 1."""
    proxy.becomes("healthy")
    proxy.run("sh", "-c", "sh -c 'sleep 0.2 &'")
    states = "cat /proc/[0-9]*/status | grep ^State"
    wait_until(lambda: "Z" not in proxy.run("sh", "-c", states))
    wait_until(lambda: "sleep" not in proxy.run("sh", "-c", "cat /proc/*/comm"))


def test_a_stop_before_it_listens_ends_it(start):
    """Process 1 is sent nothing that it does not listen to; Python does not yet."""
    slow = start(command=("python3", "-c", "import time; time.sleep(600)"))
    assert slow.stop(30) == 143


def test_a_stream_comes_through_event_by_event(start, login):
    with Upstream() as upstream:
        upstream.always(Answer(message("From the stub."), pause=0.1))
        port = free_port()
        container = start(
            *("--network=host", f"--env=PORT={port}", "--env=HOST=127.0.0.1"),
            f"--env=ANTHROPIC_BASE_URL={upstream.url}",
            *(f"--env=ANTHROPIC_API_KEY={SECRET}", "--env=PROXY_API_KEY=k3y"),
            mounted(login),
        )
        container.becomes("healthy")
        with requests.post(
            f"http://127.0.0.1:{port}/v1/messages",
            json=LEAST | {"stream": True},
            headers={"x-api-key": "k3y"},
            stream=True,
            timeout=60,
        ) as answer:
            came = [(line, time.monotonic()) for line in answer.iter_lines() if line]
    first, last = came[0], came[-2]
    assert (first[0], last[0]) == (b"event: message_start", b"event: message_stop")
    assert last[1] - first[1] > 0.3, "they came all at once"
    assert SECRET not in container.log
