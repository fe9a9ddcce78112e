"""Many requests on one process: exact, apart from each other, and cancelled at once."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.claude.environment import child_environment
from app.claude.errors import CliCrashed
from app.pool import lines
from app.pool.events import Kind, Quiet, StreamEvent
from app.pool.process import Process
from app.pool.session import Deadlines, Key, Prompt, Session
from tests.pool.conftest import KEY, ask, ended, prompt
from tests.support.messages_api import write_login
from tests.support.upstream import Answer, blocks, message
from tests.support.waiting import wait_until

WORDS = [{"type": "text_delta", "text": "Slow"}] * 100
LONG = Answer(blocks([({"type": "text", "text": ""}, WORDS)], "end_turn"), pause=0.1)
COMMANDS = ["/clear", "/cost", "/exit", "@/etc/passwd", "!ls", "#note", "/model opus"]


def next_request(session, upstream, text="Hello?", **body):
    """Ask, empty the process, and return what arrived upstream."""
    assert ended(ask(session, text, **body)).kind is Kind.GOOD
    assert session.finish() is None
    assert session.is_empty()
    return upstream.requests[-1]


def test_each_body_arrives_exactly(session, upstream):
    tools = [{"name": "Bash", "input_schema": {"type": "object"}, "strict": True}]
    odd = 'quote " backslash \\ line\nfeed\ttab \u2028\u2029 é 🎉 \\u2028 \x7f'
    for body in ({"temperature": 0.25}, {"tools": tools}, {"top_k": 3}, {}):
        sent = json.loads(prompt(odd, **body).body)
        got = next_request(session, upstream, odd, **body)
        assert {name: got[name] for name in sent} == sent
        assert got.keys() - sent.keys() == {
            *("model", "system", "metadata", "stream"),
            *({"tools"} - body.keys()),
        }
    assert len(upstream.requests) == 4


def test_a_large_body_arrives_exactly(session, upstream):
    text = 'x"\\\n\u2028é' * 400_000
    got = next_request(
        session, upstream, "Hi", messages=[{"role": "user", "content": text}]
    )
    assert got["messages"][0]["content"] == text


def test_the_events_are_the_upstreams_own(session, upstream):
    search = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    search |= {"unknown": {"é": [1, 2.50]}}
    asked = {"type": "input_json_delta", "partial_json": '{"q":'}
    said = [{"type": "text_delta", "text": word} for word in ("One", " two")]
    sent = blocks([(search, [asked]), ({"type": "text", "text": ""}, said)], "end_turn")
    upstream.always(Answer(sent))
    events = [event for event in ask(session) if isinstance(event, StreamEvent)]
    assert [json.loads(event.raw) for event in events] == sent
    assert [event.type for event in events] == [event["type"] for event in sent]


def test_the_system_prompt_is_the_keys_and_stays(session, upstream):
    for _ in range(3):
        system = next_request(session, upstream)["system"]
        assert system[-1]["text"] == KEY.system
        assert len(system) == 3


@pytest.mark.parametrize("system", [None, ""])
def test_without_a_system_prompt_there_is_none(session, upstream, system):
    session.key = Key("alice", KEY.model, system)
    assert len(next_request(session, upstream)["system"]) == 2


def test_the_model_and_its_betas_are_the_keys(session, upstream):
    session.key = Key("alice", "claude-opus-4-8", None, ("b-2026-01-01", "a-1"))
    for _ in range(2):
        assert next_request(session, upstream)["model"] == "claude-opus-4-8"
        assert {"b-2026-01-01", "a-1"} <= set(upstream.betas[-1].split(","))
        assert "effort-2025-11-24" in upstream.betas[-1]  # this model's own
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("text", COMMANDS)
def test_what_looks_like_a_command_is_text(session, upstream, text):
    got = next_request(session, upstream, text)
    assert got["messages"] == [{"role": "user", "content": text}]
    assert "root:" not in json.dumps(upstream.requests)


def test_nothing_of_one_request_is_in_a_later_one(session, upstream):
    for number in range(30):
        got = next_request(session, upstream, f"secret-{number}-")
        others = [f"secret-{other}-" for other in range(number)]
        assert not [other for other in others if other in json.dumps(got)]


def test_a_setting_that_gets_lost_is_refused_upstream(session, upstream, monkeypatch):
    next_request(session, upstream, "the secret")
    monkeypatch.setattr(session, "_set", lambda *_: None)
    ask(session, "another's")
    assert (upstream.requests[-1]["messages"], len(upstream.requests)) == ([], 2)


@pytest.mark.parametrize("used", [False, True], ids=["a spare", "one used before"])
def test_a_setting_that_is_refused_ends_the_process(
    session, upstream, monkeypatch, used
):
    if used:
        next_request(session, upstream)
    line = lines._control("s", subtype="apply_flag_settings", settings="nonsense")
    monkeypatch.setattr("app.pool.lines.settings", lambda *_: [line])
    assert ended(ask(session, "the secret")).kind is Kind.DIED
    assert session.finish() == "setting_refused"
    assert "the secret" not in json.dumps(upstream.requests)


def test_a_spare_that_was_told_no_body_is_refused_upstream(
    session, upstream, monkeypatch
):
    monkeypatch.setattr(session, "_set", lambda *_: None)
    ask(session, "the secret")
    assert [request["messages"] for request in upstream.requests] == [[]]


def test_cancel_stops_the_upstream_request_at_once(session, upstream):
    upstream.always(LONG)
    events = session.ask(prompt())
    assert next(events).type == "message_start"
    asked_at = time.monotonic()
    session.cancel()
    assert ended(list(events)[-1:]).kind is Kind.CANCELLED
    # Within 100 ms on an idle machine; a busy one is given its time.
    assert wait_until(lambda: upstream.gone)[0] - asked_at < 1.0
    assert session.finish() == Kind.CANCELLED


def test_leaving_the_events_cancels(session, upstream):
    upstream.always(LONG)
    events = session.ask(prompt())
    next(events)
    events.close()
    wait_until(lambda: upstream.gone)
    assert session.finish() == Kind.CANCELLED


def test_cancel_from_another_thread_reaches_a_silent_request(session, upstream):
    upstream.always(Answer(hangs=True))
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(ask, session)
        wait_until(lambda: upstream.requests)
        session.cancel()
        assert ended(asked.result()).kind is Kind.CANCELLED
    wait_until(lambda: upstream.gone)


def test_silence_is_told_so_that_the_caller_can_look_up(session, upstream):
    upstream.always(Answer(hangs=True))
    events = session.ask(prompt(), quiet=0.05)
    wait_until(lambda: next(events) == Quiet() and upstream.requests)
    events.close()
    wait_until(lambda: upstream.gone)


@pytest.mark.parametrize(
    ("answer", "deadlines"),
    [
        (Answer(hangs=True), Deadlines(first=3)),
        (Answer(message(), pause=60), Deadlines(stall=0.3)),
        (LONG, Deadlines(total=3)),
    ],
    ids=["first", "stall", "total"],
)
def test_a_deadline_ends_it(session, upstream, answer, deadlines):
    upstream.always(answer)
    events = list(session.ask(prompt(), deadlines))
    assert ended(events).kind is Kind.TIMED_OUT
    wait_until(lambda: upstream.gone)


def test_a_process_that_dies_ends_the_request(session, upstream):
    upstream.always(LONG)
    events = session.ask(prompt())
    next(events)
    session.process.kill()
    assert ended(list(events)[-1:]).kind is Kind.DIED
    assert session.finish() == Kind.DIED


def test_no_prompt_is_on_a_command_line_or_in_an_environment(session, upstream):
    next_request(session, upstream, "the secret")
    shown = b""
    for pid in (session.process.pid, os.getpid()):
        for name in ("cmdline", "environ"):
            shown += Path(f"/proc/{pid}/{name}").read_bytes()
    assert b"secret" not in shown
    assert b"Be brief" not in shown


def test_nothing_is_left_and_the_login_is_untouched(
    real_claude, upstream, folder, environment, monkeypatch
):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    write_login(environment)
    login = environment / ".claude/.credentials.json"
    before = login.read_bytes(), login.stat().st_mtime_ns
    process = Process.start(real_claude, child_environment(), folder, 30)
    session = Session(process)
    session.key = KEY
    next_request(session, upstream, "the secret")
    session.end("test is over")
    process.reap()
    assert (login.read_bytes(), login.stat().st_mtime_ns) == before
    assert list(folder.iterdir()) == []
    assert list((environment / ".claude/sessions").iterdir()) == []
    assert not (environment / ".claude/plugins").exists()  # half written, when killed
    files = [path for path in environment.rglob("*") if path.is_file()]
    assert not [path for path in files if b"the secret" in path.read_bytes()]


def test_what_a_kill_cuts_off_in_the_middle_of_a_write_is_removed(session, environment):
    """The CLI writes its own file beside the old one, and is killed before it moves."""
    half, anothers = (
        environment / f".claude.json.tmp.{pid}.78d6b20fec94"
        for pid in (session.process.pid, 1)
    )
    for file in (half, anothers):
        file.touch()
    session.end("test is over")
    session.process.reap()
    assert (half.exists(), anothers.exists()) == (False, True)


def test_a_cli_that_crashes_at_the_start_is_told(fake_claude, folder):
    fake_claude.set(mode="crash")
    with pytest.raises(CliCrashed):
        Process.start(fake_claude.path, child_environment(), folder, 10)
    assert list(folder.iterdir()) == []


def test_nobodys_process_is_asked_nothing(session):
    session.key = None
    assert ended(list(session.ask(Prompt(b"{}", "")))).kind is Kind.DIED
