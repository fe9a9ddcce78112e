"""The real CLI, a login, and a Messages API that answers as a test says."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.claude.environment import child_environment
from app.pool.events import Ended, Event
from app.pool.limits import Limits
from app.pool.pool import Pool
from app.pool.process import Process
from app.pool.session import Key, Prompt, Session
from tests.support.upstream import Upstream

KEY = Key("alice", "claude-sonnet-4-5", "Be brief.")


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """Lead the CLI to the stub, with a made-up API key."""
    with Upstream() as upstream:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", upstream.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-made-up")
        yield upstream


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the folder in which the private folders lie."""
    folder = tmp_path / "private"
    folder.mkdir()
    return folder


@pytest.fixture
def session(real_claude: Path, upstream: Upstream, folder: Path) -> Iterator[Session]:
    """Start one process, of KEY."""
    process = Process.start(real_claude, child_environment(), folder, 30)
    session = Session(process)
    session.key = KEY
    yield session
    session.end("test is over")
    process.reap()


@pytest.fixture
def pools(real_claude: Path, upstream: Upstream, folder: Path) -> Iterator[Any]:
    """Make pools; each is closed after the test, and then nothing may be left."""
    made: list[Pool] = []

    def make(
        cli: Path = real_claude,
        knows: Callable[[str], bool] = lambda _: True,
        **limits: Any,
    ) -> Pool:
        limits = {"spares": 0, "max_size": 2, "folder": folder, **limits}
        made.append(Pool(Limits(**limits), lambda: cli, knows=knows))
        return made[-1]

    yield make
    for pool in made:
        pool.close()
    assert list(folder.iterdir()) == []


def prompt(text: str = "Hello?", **body: Any) -> Prompt:
    """Make a request with one user message."""
    message = {"role": "user", "content": text}
    head = {"max_tokens": 9, "thinking": {"type": "disabled"}, "messages": [message]}
    return Prompt(json.dumps({**head, **body}, ensure_ascii=False).encode(), text)


def ask(session: Session, text: str = "Hello?", **body: Any) -> list[Event]:
    """Ask, and return all events."""
    return list(session.ask(prompt(text, **body)))


def ended(events: list[Event]) -> Ended:
    """Return the end, which comes once and last."""
    ends = [event for event in events if isinstance(event, Ended)]
    assert ends == events[-1:]
    return ends[0]
