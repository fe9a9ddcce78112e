"""A pool that answers as a test has said, and an app that asks it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.pool.errors import GaveUp
from app.pool.events import Ended, Event, Kind, Quiet
from app.pool.pool import Pool
from app.pool.request import Key, Prompt
from app.web import current

GOOD = Ended(Kind.GOOD, stop_reason="end_turn")


class FakePool:
    """Lends itself; ``events`` come for every request, ``asked`` is what was asked."""

    def __init__(self) -> None:
        self.events: list[Event | Exception | Callable[[], Any]] = []
        self.refusal: Exception | None = None
        self.waits = False
        self.models: tuple[str, ...] = ()
        self.asked: list[tuple[Key, Prompt]] = []
        self.lent = self.closed = 0
        self.key: Key | None = None

    @contextmanager
    def acquire(self, key: Key, timeout: float, still_waits) -> Iterator["FakePool"]:
        if self.refusal:
            raise self.refusal
        while self.waits:
            if not still_waits():
                raise GaveUp("it went away")
        self.key = key
        self.lent += 1
        try:
            yield self
        finally:
            self.lent -= 1

    def ask(
        self, prompt: Prompt, deadlines: Any, quiet: float, tell: Any
    ) -> Iterator[Event]:
        assert self.key
        self.asked.append((self.key, prompt))
        try:
            for event in self.events:
                if isinstance(event, Exception):
                    raise event
                if callable(event):
                    event()
                    yield Quiet()
                else:
                    yield event
        finally:
            self.closed += 1


@pytest.fixture
def pool(app) -> FakePool:
    pool = FakePool()
    app.extensions[current._KEY][Pool] = pool
    return pool
