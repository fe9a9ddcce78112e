"""When the CLI is asked, and what becomes of its answers; with the fake CLI."""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.contract.codes import Code
from app.monitor import monitor as monitoring
from app.monitor import schedule
from app.monitor.monitor import Monitor
from app.monitor.state import Change
from app.runtime import Runtime
from config.loading import load_settings
from tests.support.outcomes import ANSWERED, REJECTED
from tests.support.waiting import wait_until


@pytest.fixture
def watch(monkeypatch) -> Iterator[Callable[..., Monitor]]:
    """Start monitors that look every 20 ms, and stop them after the test."""
    monkeypatch.setattr(monitoring, "INSPECT_EVERY", 0.02)
    monkeypatch.setattr(monitoring, "POLL_EVERY", 0.02)
    monkeypatch.setattr(schedule, "_FIRST_RETRY", 0.02)
    started: list[Monitor] = []
    threads = threading.active_count()

    def start(**settings: Any) -> Monitor:
        monitor = make(**settings)
        monitor.ensure_running()
        started.append(monitor)
        return monitor

    yield start
    for monitor in started:
        monitor.stop()
    wait_until(lambda: threading.active_count() <= threads)


def make(
    clock: Callable[[], float] = time.monotonic,
    on_change: Callable[[Change], None] = lambda _: None,
    **settings: str,
) -> Monitor:
    return Monitor(load_settings(settings), Runtime("::1", 1), on_change, clock)


def described(monitor: Monitor, component: str) -> Mapping[str, object]:
    return monitor.report().components[component].described


def becomes(monitor: Monitor, code: Code | None) -> None:
    wait_until(lambda: monitor.report().code == code)


def log_in(home: Path, **fields: object) -> Path:
    file = home / ".claude/.credentials.json"
    file.parent.mkdir(exist_ok=True)
    login = {"accessToken": "x", "expiresAt": 4_102_444_800_000, **fields}
    file.write_text(json.dumps({"claudeAiOauth": login}))
    return file


def test_a_working_cli_becomes_healthy(fake_claude, watch):
    becomes(watch(), None)


def test_an_unchanged_cli_is_asked_once_an_interval(fake_claude, watch):
    monitor = watch()
    becomes(monitor, None)
    looked = monitor._health.evidence.inspected_at
    wait_until(lambda: monitor._health.evidence.inspected_at > looked + 0.2)
    assert [call["argv"] for call in fake_claude.calls] == [
        ["--version"],
        ["auth", "status"],
    ]


def test_it_is_asked_again_when_the_interval_is_over(fake_claude, watch):
    watch(HEALTH_CHECK_INTERVAL_SECONDS="0.1")
    wait_until(lambda: len(fake_claude.calls) >= 6)


def test_a_cli_removed_and_restored_shows(fake_claude, watch):
    monitor = watch()
    becomes(monitor, None)
    fake_claude.path.unlink()
    becomes(monitor, Code.CLI_NOT_FOUND)
    fake_claude.install()
    becomes(monitor, None)


def test_a_cli_replaced_while_it_hangs_is_asked_at_once(fake_claude, watch):
    fake_claude.set(mode="hang")
    monitor = watch(HEALTH_CHECK_TIMEOUT_SECONDS="60")
    wait_until(lambda: fake_claude.calls)
    fake_claude.set(mode="ok")
    fake_claude.install()
    becomes(monitor, None)


def test_a_replaced_cli_reports_its_new_version(fake_claude, watch):
    monitor = watch()
    becomes(monitor, None)
    fake_claude.set(version="2.2.0")
    fake_claude.install()
    wait_until(
        lambda: (
            monitor.report().components["claude_cli"].described["version"] == "2.2.0"
        )
    )


def test_a_logout_shows_although_the_cli_hangs(fake_claude, watch, environment):
    file = log_in(environment)
    monitor = watch()
    becomes(monitor, None)
    fake_claude.set(mode="hang")
    file.unlink()
    becomes(monitor, Code.NOT_AUTHENTICATED)


def test_a_login_restored_shows(fake_claude, watch, environment):
    fake_claude.set(logged_in=False)
    monitor = watch()
    becomes(monitor, Code.NOT_AUTHENTICATED)
    fake_claude.set(logged_in=True)
    log_in(environment)
    becomes(monitor, None)


def test_a_login_file_with_nonsense_is_not_healthy(fake_claude, watch, environment):
    log_in(environment, expiresAt="soon")
    becomes(watch(), Code.NOT_AUTHENTICATED)


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("crash", Code.CLI_FAILED),
        ("killed", Code.CLI_FAILED),
        ("garbage", Code.CLI_FAILED),
        ("invalid_utf8", Code.CLI_FAILED),
        ("empty", Code.CLI_FAILED),
        ("flood", Code.CLI_FAILED),
        ("auth_crash", Code.CLI_FAILED),
        ("auth_garbage", Code.CLI_FAILED),
        ("auth_empty", Code.CLI_FAILED),
        ("logged_out", Code.NOT_AUTHENTICATED),
    ],
)
def test_a_cli_with_a_fault_is_told_apart(fake_claude, watch, mode, code):
    fake_claude.set(mode=mode)
    becomes(watch(), code)


@pytest.mark.parametrize("mode", ["hang", "hang_hard", "auth_hang"])
def test_a_hanging_cli_is_a_timeout_and_one_child_at_a_time(fake_claude, watch, mode):
    fake_claude.set(mode=mode)
    monitor = watch(HEALTH_CHECK_TIMEOUT_SECONDS="0.3")
    becomes(monitor, Code.CLI_TIMEOUT)
    assert len(fake_claude.calls) == (2 if mode == "auth_hang" else 1)


def test_a_slow_cli_is_given_time(fake_claude, watch):
    fake_claude.set(mode="slow", seconds=0.5)
    monitor = watch(HEALTH_CHECK_TIMEOUT_SECONDS="0.4")
    becomes(monitor, None)


def test_an_old_cli_is_never_sent_a_prompt(fake_claude, watch, environment):
    log_in(environment)
    fake_claude.set(mode="old", version="2.1.40")
    becomes(watch(), None)
    assert [call["argv"] for call in fake_claude.calls] == [["--version"]]


def test_the_cli_runs_in_a_folder_nobody_can_remove(fake_claude, watch):
    becomes(watch(), None)
    assert {call["cwd"] for call in fake_claude.calls} == {"/"}


def test_a_checker_that_raises_is_an_error_of_its_component(
    fake_claude, watch, monkeypatch
):
    def broken(*_: object) -> None:
        raise RuntimeError("sk-ant-in-an-exception")

    monkeypatch.setattr("app.monitor.prober.check_authentication", broken)
    monitor = watch()
    becomes(monitor, Code.CHECK_FAILED)
    assert monitor.report().components["claude_cli"].code is None
    assert monitor.report().http_status == 500


def test_a_look_that_raises_is_an_error(fake_claude, watch, monkeypatch):
    monitor = watch()
    becomes(monitor, None)
    monkeypatch.setattr("app.monitor.prober.read_login", lambda _: 1 / 0)
    becomes(monitor, Code.CHECK_FAILED)


def test_a_dead_thread_is_started_again_by_asking(fake_claude, watch):
    monitor = watch()
    becomes(monitor, None)
    monitor.stop()
    wait_until(lambda: not monitor._watcher.is_alive())
    monitor._stopped.clear()
    monitor.report()
    assert monitor._watcher.is_alive()


def test_a_stopped_monitor_leaves_no_file_open(fake_claude, watch):
    def state_files() -> list[str]:
        files = [os.path.realpath(file) for file in Path("/proc/self/fd").iterdir()]
        return [file for file in files if "health.sqlite" in file]

    monitor = watch()
    becomes(monitor, None)
    assert state_files()
    monitor.stop()
    wait_until(lambda: not state_files())


def test_a_verdict_nobody_renews_is_stale(fake_claude, environment):
    now = [0.0]
    monitor = make(lambda: now[0])
    assert monitor.check().code is None
    now[0] += monitor.longest_age + 1
    assert monitor.report().code == Code.STALE
    assert monitor.report().http_status == 500


def test_a_report_is_made_once_and_read_by_all(fake_claude):
    monitor = make()
    monitor.check()
    assert monitor.report() is monitor.report()


def test_a_single_check_asks_a_garbled_cli_twice(fake_claude):
    fake_claude.set(mode="garbage")
    assert make().check().code == Code.CLI_FAILED
    assert len(fake_claude.calls) == 2


def test_a_cli_moved_away_and_back_is_asked_at_once(fake_claude, watch):
    monitor = watch()
    becomes(monitor, None)
    away = fake_claude.path.rename(fake_claude.path.with_name("away"))
    becomes(monitor, Code.CLI_NOT_FOUND)
    away.rename(fake_claude.path)
    becomes(monitor, None)


def test_a_link_removed_and_made_again_is_asked_at_once(
    fake_claude, watch, tmp_path, monkeypatch
):
    link = tmp_path / "link"
    link.symlink_to(fake_claude.path)
    monitor = watch(CLAUDE_CLI_PATH=str(link))
    becomes(monitor, None)
    link.unlink()
    becomes(monitor, Code.CLI_NOT_FOUND)
    link.symlink_to(fake_claude.path)
    becomes(monitor, None)


@pytest.mark.parametrize("mode", ["killed", "auth_killed", "garbage"])
def test_one_lost_child_changes_nothing(fake_claude, watch, mode):
    monitor = watch(HEALTH_CHECK_INTERVAL_SECONDS="0.1")
    becomes(monitor, None)
    fake_claude.set(mode=mode, times=1)
    asked = len(fake_claude.calls)
    wait_until(lambda: len(fake_claude.calls) >= asked + 6)
    assert monitor.report().changes[0].code is None


def test_a_cli_still_being_written_is_asked_again(fake_claude, watch):
    with fake_claude.path.open("ab"):
        monitor = watch()
        wait_until(lambda: monitor._health.evidence.doubts)
    becomes(monitor, None)


def test_a_check_here_is_not_overwritten_by_what_others_share(fake_claude, watch):
    becomes(watch(), None)
    fake_claude.path.unlink()
    monitor = make()
    assert monitor.check().code == Code.CLI_NOT_FOUND
    assert monitor.report().code == Code.CLI_NOT_FOUND
    assert monitor._watcher is None


def test_a_worker_that_finds_the_state_locked_tries_again(fake_claude, watch, tmp_path):
    becomes(watch(), None)
    other = sqlite3.connect(tmp_path / "state/health.sqlite", check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.25, other.close)
    release.start()
    assert watch().report().code is None
    release.join()


def test_a_rejected_login_shows_in_the_next_report(fake_claude, watch):
    monitor = watch()
    becomes(monitor, None)
    monitor.take_in(REJECTED)
    assert monitor.report().code == Code.LOGIN_REJECTED
    monitor.take_in(ANSWERED)
    assert monitor.report().code is None


def test_what_one_process_has_seen_all_show_and_none_forgets(fake_claude, watch):
    leader = watch()
    becomes(leader, None)
    follower, another = watch(), watch()
    assert follower.report().code is None
    follower.take_in(REJECTED)
    assert follower.report().code == Code.LOGIN_REJECTED
    until = time.monotonic() + 1
    while time.monotonic() < until:
        assert follower.report().code == Code.LOGIN_REJECTED
    assert leader.report().code == Code.LOGIN_REJECTED
    assert another.report().code == Code.LOGIN_REJECTED
    another.take_in(ANSWERED)
    assert another.report().code is None
    becomes(leader, None)
    becomes(follower, None)


def test_a_change_is_told_by_one_process(fake_claude, watch):
    told: list[Change] = []
    leader, follower = watch(on_change=told.append), watch(on_change=told.append)
    becomes(follower, None)
    told.clear()
    follower.take_in(REJECTED)
    becomes(leader, Code.LOGIN_REJECTED)
    wait_until(lambda: told)  # which comes after the health that is told of
    assert [each.after for each in told] == [Code.LOGIN_REJECTED]


def test_what_was_seen_holds_when_the_state_cannot_be_written(
    fake_claude, watch, tmp_path
):
    monitor = watch()
    becomes(monitor, None)
    with sqlite3.connect(tmp_path / "state/health.sqlite") as connection:
        connection.execute("BEGIN EXCLUSIVE")
        monitor.take_in(REJECTED)
        assert monitor.report().code == Code.LOGIN_REJECTED
    connection.close()


def test_a_login_that_is_rejected_and_made_anew(fake_claude, watch, environment):
    log_in(environment)
    monitor = watch()
    becomes(monitor, None)
    monitor.take_in(REJECTED)
    log_in(environment, refreshToken="y")
    becomes(monitor, None)
