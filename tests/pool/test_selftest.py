"""What is asked is what is sent, or nothing is: the real CLI, and fake ones."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.claude.errors import CliCrashed, CliTimeout
from app.pool.errors import CannotStart, CliTooOld, CliUnsupported
from app.pool.folder import OwnFolder
from app.pool.selftest import SelfTest
from tests.claude.test_process import is_alive
from tests.support.waiting import wait_until


@pytest.fixture
def selftests(folder: Path) -> Iterator[Callable[..., SelfTest]]:
    """Make self-tests; after each test nothing of them may be left."""
    made: list[tuple[SelfTest, OwnFolder]] = []
    threads, descriptors = threading.active_count(), _descriptors()

    def make(seconds: float = 30) -> SelfTest:
        own = OwnFolder(folder)
        made.append((SelfTest(own, seconds), own))
        return made[-1][0]

    yield make
    for selftest, own in made:
        selftest.close()
        assert not own.path().exists() or list(own.path().iterdir()) == []
        own.close()
    assert list(folder.iterdir()) == []
    wait_until(lambda: threading.active_count() <= threads)
    assert _descriptors() <= descriptors


def _descriptors() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def test_the_real_cli_sends_what_is_asked(selftests, real_claude):
    with capture_logs() as logs:
        selftests().require(real_claude)
    assert [(each["log_level"], each["tokens"]) for each in logs] == [("info", 0)]


def test_a_cli_is_tried_once(selftests, fake_claude):
    selftest = selftests()
    for _ in range(3):
        selftest.require(fake_claude.path)
    assert len(fake_claude.processes) == 1
    assert [call["argv"] for call in fake_claude.calls] == [["--version"]]


def test_many_who_ask_at_once_wait_for_one_trial(selftests, fake_claude):
    selftest = selftests()
    askers = [
        threading.Thread(target=selftest.require, args=(fake_claude.path,))
        for _ in range(8)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(30)
    assert len(fake_claude.processes) == 1


def test_a_replaced_cli_is_tried_anew(selftests, fake_claude):
    selftest = selftests()
    fake_claude.set(mode="ignores_body")
    with pytest.raises(CliUnsupported):
        selftest.require(fake_claude.path)
    fake_claude.set(mode="ok")
    fake_claude.install()
    selftest.require(fake_claude.path)


def test_so_it_is_under_another_policy(selftests, fake_claude, monkeypatch):
    selftest, policy = selftests(), ()
    monkeypatch.setattr("app.pool.selftest.policy_identity", lambda: policy)
    selftest.require(fake_claude.path)
    policy = ((1,),)
    fake_claude.set(mode="ignores_body")
    with pytest.raises(CliUnsupported):
        selftest.require(fake_claude.path)


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("ignores_body", "max_tokens, messages, output_config"),
        ("changes_body", "temperature"),
        ("changes_answer", "came back changed"),
        ("asks_twice", "more than it was asked"),
    ],
)
def test_a_cli_that_sends_something_else_is_unsupported(
    selftests, fake_claude, mode, why
):
    fake_claude.set(mode=mode)
    with pytest.raises(CliUnsupported, match=why):
        selftests().require(fake_claude.path)


def test_a_failure_is_tried_again_after_a_while(selftests, fake_claude, monkeypatch):
    selftest = selftests()
    fake_claude.set(mode="ignores_body")
    for _ in range(2):
        with pytest.raises(CliUnsupported):
            selftest.require(fake_claude.path)
    assert len(fake_claude.processes) == 1
    monkeypatch.setattr("app.pool.selftest._BELIEVED", 0.0)
    fake_claude.set(mode="ok")
    selftest.require(fake_claude.path)


def test_an_old_cli_is_not_even_tried(selftests, fake_claude):
    fake_claude.set(version="2.1.329")
    with pytest.raises(CliTooOld):
        selftests().require(fake_claude.path)
    assert fake_claude.processes == []


def test_the_version_is_not_asked_of_who_knows_it(selftests, fake_claude):
    selftests().require(fake_claude.path, "2.1.330")
    assert fake_claude.calls == []


def test_a_silence_proves_nothing_and_is_tried_again(selftests, fake_claude):
    selftest = selftests(1.0)
    fake_claude.set(mode="requests_hang")
    with pytest.raises(CliTimeout):
        selftest.require(fake_claude.path, "2.1.330")
    fake_claude.set(mode="ok")
    selftest.require(fake_claude.path, "2.1.330")


def test_a_crash_proves_nothing(selftests, tmp_path):
    cli = tmp_path / "claude"
    cli.write_text("#!/bin/sh\nexit 1\n")
    cli.chmod(0o755)
    with pytest.raises(CliCrashed):
        selftests().require(cli, "2.1.330")


def test_who_gives_up_does_not_wait(selftests, fake_claude):
    fake_claude.set(mode="requests_hang")
    began = time.monotonic()
    with pytest.raises(CliTimeout):
        selftests().require(fake_claude.path, "2.1.330", lambda: True)
    assert time.monotonic() - began < 20  # of 30


def test_a_replaced_cli_does_not_wait_for_one_that_hangs(selftests, fake_claude):
    selftest = selftests(600)
    fake_claude.set(mode="requests_hang")
    with pytest.raises(CliTimeout):
        selftest.require(fake_claude.path, "2.1.330", lambda: True)
    fake_claude.set(mode="ok")
    fake_claude.install()
    selftest.require(fake_claude.path, "2.1.330")


def test_closing_ends_the_trial(selftests, real_claude, folder):
    selftest = selftests(600)
    with pytest.raises(CliTimeout):
        selftest.require(real_claude, "2.1.330", lambda: True)
    selftest.close()
    assert list(folder.glob("claude-pool-*/*")) == []
    with pytest.raises(CannotStart):
        selftest.require(real_claude, "2.1.330")


def test_nothing_of_the_operators_goes_there(selftests, fake_claude, monkeypatch):
    for name in (
        *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS"),
        *("ANTHROPIC_BASE_URL", "CLAUDE_CODE_USE_BEDROCK", "AWS_SECRET_ACCESS_KEY"),
        *("CLAUDE_CODE_OAUTH_TOKEN", "HTTPS_PROXY", "CLAUDE_CONFIG_DIR"),
    ):
        monkeypatch.setenv(name, "http://operators.invalid")
    selftests().require(fake_claude.path, "2.1.330")
    (process,) = fake_claude.processes
    assert "http://operators.invalid" not in process["values"]


def test_the_real_cli_is_not_led_astray_by_the_operators_variables(
    selftests, real_claude, upstream, monkeypatch
):
    monkeypatch.setenv("CLAUDE_CODE_USE_BEDROCK", "1")
    monkeypatch.setenv("HTTPS_PROXY", upstream.url)
    monkeypatch.setenv("HTTP_PROXY", upstream.url)
    selftests().require(real_claude)
    assert upstream.requests == []


def test_its_process_is_gone_afterwards(selftests, fake_claude):
    selftests().require(fake_claude.path)
    (process,) = fake_claude.processes
    wait_until(lambda: not is_alive(process["pid"]))
