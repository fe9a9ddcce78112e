"""One trial of a CLI: started as for requests, asked once, listened to at both ends."""

import json
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from app.claude.environment import selftest_environment
from app.claude.errors import CliCrashed, CliTimeout
from app.pool import lines
from app.pool.errors import CliUnsupported
from app.pool.events import Ended, Event, Kind, Quiet, Result, StreamEvent
from app.pool.listener import Body, Listener
from app.pool.process import Process
from app.pool.request import Deadlines, Key, Prompt
from app.pool.session import Session

_LOOK_EVERY = 0.2  # seconds between two looks at whether it was given up
_CLIS_OWN = frozenset({"system", "metadata"})  # what it adds to every request
# Kinds of an end that say nothing of what was sent.
_INCONCLUSIVE = {Kind.DIED: CliCrashed, Kind.TIMED_OUT: CliTimeout}


def try_out(
    cli: Path, parent: Path, seconds: float, given_up: Callable[[], bool]
) -> None:
    """Send one request through a warm process of its own, and one that is refused.

    Raises:
        CliUnsupported: what arrived is not what was asked, or came back changed.
        ClaudeError, OSError: it could not be seen this time.
    """
    mark = secrets.token_hex(8)
    until = time.monotonic() + seconds
    home = Path(tempfile.mkdtemp(prefix="self-test-", dir=parent))
    try:
        with Listener(_answer(mark)) as listener:
            environment = selftest_environment(home, listener.url)
            process = Process.start(cli, environment, home, seconds, given_up=given_up)
            try:
                _try(Session(process), listener, mark, until, given_up)
            finally:
                process.kill()
                process.reap()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _try(
    session: Session,
    listener: Listener,
    mark: str,
    until: float,
    given_up: Callable[[], bool],
) -> None:
    # No list of allowed models has this one: what replaces a model is seen, too.
    key = Key("self-test", f"claude-{mark}", f"System {mark}", (f"beta-{mark}",))
    session.key, sent = key, _body(mark)
    prompt = Prompt(json.dumps(sent).encode(), f"Text {mark}")
    came = _ask(session, prompt, until, given_up)
    _hold_request(listener, {**sent, "model": key.model, "stream": True}, key)
    _hold_answer(session, came, listener.events)
    _hold_refusal(session, listener, until)


def _ask(
    session: Session, prompt: Prompt, until: float, given_up: Callable[[], bool]
) -> list[Event]:
    left = max(0.1, until - time.monotonic())
    came: list[Event] = []
    for event in session.ask(prompt, Deadlines(left, left, left), quiet=_LOOK_EVERY):
        if given_up():
            raise CliTimeout("the self-test was given up")
        if not isinstance(event, Quiet):
            came.append(event)
    return came


def _hold_request(listener: Listener, sent: Body, key: Key) -> None:
    """See that what has arrived, if anything has, is what was asked."""
    if not listener.bodies:
        return
    body = listener.bodies[0] or {}
    wrong = {
        name
        for name in (body.keys() | sent.keys()) - _CLIS_OWN
        if name not in body or name not in sent or body[name] != sent[name]
    }
    system = body.get("system")
    if (
        not isinstance(system, list)
        or {"type": "text", "text": key.system} not in system
    ):
        wrong.add("system")
    if key.betas[0] not in listener.betas[0].split(","):
        wrong.add("betas")
    if wrong:
        raise CliUnsupported(f"other than asked: {', '.join(sorted(wrong))}")


def _hold_answer(session: Session, came: list[Event], answered: list[Body]) -> None:
    """See that the answer came back as it was given."""
    end = came[-1] if came else None
    if session.doubt == "setting_refused":
        raise CliUnsupported("it refuses the setting that carries the body")
    if isinstance(end, Ended) and end.kind in _INCONCLUSIVE:
        raise _INCONCLUSIVE[end.kind]("it did not answer the self-test")
    if not isinstance(end, Ended) or end.kind is not Kind.GOOD:
        raise CliUnsupported("the request did not reach the self-test's listener")
    events = [json.loads(e.raw) for e in came if isinstance(e, StreamEvent)]
    if events != answered:
        raise CliUnsupported("the answer came back changed")


def _hold_refusal(session: Session, listener: Listener, until: float) -> None:
    """See that nothing but the refused body would be sent now, and is sent once."""
    session.finish()
    if not session.is_empty():
        raise CliCrashed("it was not emptied after the self-test's request")
    try:
        session.process.tell([lines.user("Once more")], until)
        while not isinstance(line := session.process.listen(until), Result):
            if line is None:
                raise CliTimeout("it did not answer the self-test")
    except EOFError:
        raise CliCrashed("it ended in the self-test") from None
    refused = json.loads(lines.REFUSED)
    later = listener.bodies[1:]
    if len(later) != 1 or {**(later[0] or {}), **refused} != later[0]:
        raise CliUnsupported("it sends more than it was asked to")


def _body(mark: str) -> Body:
    """Return what is asked: a body of every kind of value, none of them a default."""
    schema = {"type": "object", "properties": {mark: {"type": "number"}}}
    tool = {"name": f"tool_{mark}", "description": mark, "input_schema": schema}
    text = {"type": "text", "text": f"Hello {mark} \u2028 \U0001f44b"}
    return {
        "max_tokens": 17,
        "output_config": {"effort": "low"},
        "messages": [
            {"role": "user", "content": "First"},
            {"role": "assistant", "content": "Second"},
            {"role": "user", "content": [text]},
        ],
        "stop_sequences": [mark],
        "temperature": 0.25,
        "thinking": {"type": "disabled"},
        "tools": [tool],
    }


def _answer(mark: str) -> list[Body]:
    """Return the events of the listener's answer."""
    message: Body = {
        "id": f"msg_{mark}",
        "type": "message",
        "role": "assistant",
        "model": f"model-{mark}",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }
    block = {"type": "text", "text": ""}
    delta = {"type": "text_delta", "text": f"Hello {mark}."}
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": 4}},
        {"type": "message_stop"},
    ]
