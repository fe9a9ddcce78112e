"""Warm processes lent and taken back: real ones, and none left at the end."""

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from app.pool.errors import (
    CannotStart,
    CliNotExecutable,
    CliNotFound,
    CliTooOld,
    GaveUp,
    PoolClosed,
    PoolTimeout,
    Revoked,
    TooManyRequests,
)
from app.pool.events import Kind
from app.pool.limits import Limits
from app.pool.pool import Pool
from app.pool.session import Key
from tests.claude.test_process import is_alive
from tests.pool.conftest import KEY, ask, ended, prompt
from tests.support.builders import copy_cli
from tests.support.messages_api import write_login
from tests.support.upstream import Answer, message, tool_use
from tests.support.waiting import wait_until

BOB = Key("bob", KEY.model, "Be bob.")


def request(pool: Pool, key: Key = KEY, text: str = "Hello?") -> int:
    """Make one request and return the pid of the process that served it."""
    with pool.acquire(key, 30) as session:
        assert ended(ask(session, text)).kind is Kind.GOOD
        return session.process.pid


def test_a_key_has_its_process_again(pools, upstream):
    pool = pools()
    assert request(pool) == request(pool) == request(pool)
    stats = pool.stats()
    assert (stats["hits"], stats["misses"], stats["starts"]) == (2, 1, 1)
    assert len(upstream.requests) == 3


def test_another_key_has_another_process(pools, upstream):
    pool = pools(max_size=4)
    assert request(pool) != request(pool, BOB)
    assert upstream.requests[0]["system"][-1]["text"] == KEY.system
    assert upstream.requests[1]["system"][-1]["text"] == BOB.system


def test_spares_are_started_ahead_and_replaced(pools):
    pool = pools(spares=1, max_size=4)
    pool.open()
    wait_until(lambda: pool.stats()["pool_spares"] == 1)
    request(pool)
    wait_until(lambda: pool.stats()["pool_spares"] == 1)
    assert pool.stats()["starts"] == 2


def test_a_spare_serves_a_model_it_was_not_started_with(pools, upstream):
    pool = pools(spares=1, max_size=4)
    for model in ("claude-opus-4-8", "claude-haiku-4-5", "made-up"):
        request(pool, Key("alice", model, None))
    assert [r["model"] for r in upstream.requests] == [
        *("claude-opus-4-8", "claude-haiku-4-5", "made-up")
    ]


def test_idle_ones_end(pools):
    pool = pools(idle_seconds=0.1)
    pid = request(pool)
    wait_until(lambda: pool.stats()["pool_size"] == 0)
    wait_until(lambda: not is_alive(pid))
    assert pool.stats()["ends_idle"] == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=529, error="overloaded_error"), "upstream_error"),
        (Answer(message("Cut", "max_tokens")), "asks_again"),
        (Answer(message(), cut=2), "network"),
    ],
)
def test_a_doubtful_process_is_replaced(pools, upstream, answer, reason):
    pool = pools()
    upstream.always(answer)
    with pool.acquire(KEY, 30) as session:
        ended(ask(session))
        pid = session.process.pid
    wait_until(lambda: not is_alive(pid))
    assert pool.stats()[f"ends_{reason}"] == 1
    upstream.always(Answer(message()))
    assert request(pool) != pid


def test_one_that_died_idle_is_never_lent(pools):
    pool = pools()
    with pool.acquire(KEY, 30) as session:
        ask(session)
    session.process.kill()
    assert request(pool)
    assert pool.stats()["starts"] == 2


def test_an_error_of_the_callers_own_ends_the_request(pools, upstream):
    pool = pools()
    upstream.always(Answer(message(), pause=60))
    with suppress(ZeroDivisionError), pool.acquire(KEY, 30) as session:
        events = session.ask(prompt())
        next(events)
        raise ZeroDivisionError
    wait_until(lambda: upstream.gone)
    assert pool.stats()["ends_cancelled"] == 1


def test_who_waits_too_long_is_told(pools):
    pool = pools(max_size=1)
    with pool.acquire(KEY, 30), pytest.raises(PoolTimeout), pool.acquire(BOB, 0.1):
        pass
    assert request(pool, BOB)


def test_who_went_away_while_waiting_waits_no_more(pools):
    pool = pools(max_size=1)
    started = time.monotonic()
    with pool.acquire(KEY, 30), pytest.raises(GaveUp):  # noqa: SIM117
        with pool.acquire(BOB, 30, lambda: time.monotonic() < started + 0.6):
            pass
    assert pool.stats()["requests_waiting"] == 0


def test_a_full_queue_refuses(pools):
    pool = pools(max_size=1, max_waiting=0)
    pool.open()
    with pytest.raises(TooManyRequests), pool.acquire(KEY, 5):
        pass


def test_a_cli_that_does_not_start_is_told(fake_claude, folder):
    fake_claude.set(mode="crash")
    pool = Pool(Limits(folder=folder), lambda: fake_claude.path)
    with pytest.raises(CannotStart), pool.acquire(KEY, 20):
        pass
    pool.close()
    assert list(folder.iterdir()) == []


def test_a_cli_older_than_what_was_measured_is_refused(fake_claude, folder):
    fake_claude.set(version="2.1.329")
    pool = Pool(Limits(folder=folder), lambda: fake_claude.path)
    with pytest.raises(CliTooOld), pool.acquire(KEY, 20):
        pass
    pool.close()
    assert {call["argv"][0] for call in fake_claude.calls} == {"--version"}


def test_no_cli_is_told(folder):
    pool = Pool(Limits(folder=folder), lambda: None)
    with pytest.raises(CliNotFound), pool.acquire(KEY, 20):
        pass
    pool.close()


def test_one_that_cannot_be_executed_is_told(folder, tmp_path):
    (tmp_path / "claude").touch(0o600)
    pool = Pool(Limits(folder=folder), lambda: tmp_path / "claude")
    with pytest.raises(CliNotExecutable), pool.acquire(KEY, 20):
        pass
    pool.close()


def test_failing_spares_are_not_started_in_a_loop(fake_claude, folder):
    fake_claude.set(mode="crash")
    pool = Pool(Limits(folder=folder), lambda: fake_claude.path)
    pool.open()
    time.sleep(1.2)
    pool.close()
    assert 1 <= pool.stats()["starts"] <= 3


def test_all_are_renewed_the_busy_ones_after_their_request(pools):
    pool = pools(max_size=4)
    before = request(pool)
    with pool.acquire(BOB, 30) as session:
        pool.renew()
        assert ended(ask(session)).kind is Kind.GOOD
    wait_until(lambda: not is_alive(before))
    assert request(pool) != before
    assert pool.stats()["ends_renewed"] == 2


def test_who_is_no_caller_any_more_has_no_process(pools, upstream):
    """Its idle process ends, its running request too, and it waits for nothing."""
    callers = {"alice", "bob"}
    pool = pools(max_size=2, knows=callers.__contains__)
    bobs, alices = request(pool, BOB), request(pool)
    upstream.always(Answer(hangs=True))
    with ThreadPoolExecutor() as threads:
        busy = threads.submit(kind_of_end, pool, KEY)
        wait_until(lambda: len(upstream.requests) == 3, 50)
        waiting = threads.submit(kind_of_end, pool, Key("alice", KEY.model, "other"))
        wait_until(lambda: pool.stats()["requests_waiting"])
        callers.remove("alice")
        assert busy.result(50) is Kind.REVOKED
        with pytest.raises(Revoked):
            waiting.result(50)
    wait_until(lambda: not is_alive(alices), 20)
    assert is_alive(bobs)
    callers.clear()
    wait_until(lambda: not is_alive(bobs), 20)
    assert pool.stats()["pool_size"] == 0


def test_close_ends_busy_and_waiting_requests_alike(pools, upstream):
    pool = pools(max_size=1)
    upstream.always(Answer(hangs=True))
    with ThreadPoolExecutor() as threads:
        busy = threads.submit(kind_of_end, pool, KEY)
        wait_until(lambda: upstream.requests)
        waiting = threads.submit(kind_of_end, pool, BOB)
        wait_until(lambda: pool.stats()["requests_waiting"])
        pool.close()
        assert busy.result(10) is Kind.CANCELLED
        with pytest.raises(PoolClosed):
            waiting.result(10)
    with pytest.raises(PoolClosed), pool.acquire(KEY, 1):
        pass


def kind_of_end(pool: Pool, key: Key) -> Kind:
    with pool.acquire(key, 30) as session:
        return ended(ask(session)).kind


def test_nothing_is_left_after_a_crowd(pools, upstream, folder):
    before = threading.active_count(), descriptors()
    pool = pools(max_size=4, spares=1)
    answers = [
        *(Answer(message()), Answer(message("Cut", "max_tokens"))),
        *(Answer(status=500, error="api_error"), Answer(message(), cut=2)),
    ]
    upstream.script = lambda _: answers[len(upstream.requests) % 4]
    callers = [Key(f"c{n % 3}", KEY.model, f"s{n % 2}") for n in range(24)]
    with ThreadPoolExecutor(8) as threads:
        assert len(list(threads.map(lambda k: kind_of_end(pool, k), callers))) == 24
    assert len(upstream.requests) == 24
    pool.close()
    assert list(folder.iterdir()) == []
    wait_until(lambda: (threading.active_count(), descriptors()) <= before)


def test_a_secret_of_one_request_is_in_no_later_one(pools, upstream):
    """200 requests of mixed callers, tools among them, four at a time."""
    pool = pools(max_size=8)
    answers = [Answer(message()), Answer(tool_use("Read", {})), Answer(message())]
    upstream.script = lambda body: answers[len(upstream.requests) % 3]
    keys = [Key(f"c{n % 2}", KEY.model, f"system-{n % 4}-") for n in range(200)]

    def one(number: int) -> None:
        with pool.acquire(keys[number], 60) as session:
            assert ended(ask(session, f"secret-{number}-")).kind is Kind.GOOD

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(one, range(200)))
    assert len(upstream.requests) == 200
    for body in upstream.requests:
        said = json.dumps(body)
        [number] = {int(each) for each in re.findall(r"secret-(\d+)-", said)}
        [system] = set(re.findall(r"system-\d-", said))
        assert system == keys[number].system
    assert pool.stats()["hits"] > 150


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_replaced_binary_serves_the_next_request(
    pools, real_claude, upstream, tmp_path
):
    cli = copy_cli(real_claude, tmp_path / "bin" / "claude")
    pool = pools(cli)
    first = request(pool)
    copy_cli(real_claude, cli.with_suffix(".new")).rename(cli)
    assert request(pool) != first
    assert pool.stats()["ends_renewed"] == 1


def test_a_busy_one_finishes_its_answer_before_it_is_replaced(
    pools, upstream, environment
):
    pool = pools()
    upstream.always(Answer(message("a b c"), pause=0.3))
    with pool.acquire(KEY, 30) as session:
        events = session.ask(prompt())
        next(events)
        (environment / ".claude" / "settings.json").write_text("{}")
        wait_until(lambda: session.outdated)
        assert ended(list(events)).kind is Kind.GOOD
    wait_until(lambda: pool.stats().get("ends_renewed") == 1)


def test_another_account_has_other_processes(pools, upstream, environment, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    write_login(environment)
    pool = pools()
    first = request(pool)
    noted = environment / ".claude.json"  # which the CLI writes for 0.3 s on
    wait_until(lambda: time.time() - noted.stat().st_mtime > 1)
    write_login(environment, account="another-account")
    wait_until(lambda: pool.stats().get("ends_renewed") == 1, 30)
    assert request(pool) != first
    accounts = [json.loads(r["metadata"]["user_id"]) for r in upstream.requests]
    assert [each["account_uuid"] for each in accounts] == [
        *("made-up-account", "another-account")
    ]


def test_the_users_key_helper_is_handed_on(pools, upstream, environment, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    upstream.key = "sk-ant-by-a-helper"
    settings = environment / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"apiKeyHelper": f"echo {upstream.key}"}))
    pool = pools()
    request(pool)
    with pool.acquire(KEY, 30) as session:
        arguments = Path(f"/proc/{session.process.pid}/cmdline").read_text()
        assert ended(ask(session)).kind is Kind.GOOD
    assert upstream.had_key == [True, True]
    assert upstream.key not in arguments
