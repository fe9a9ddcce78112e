"""Clients that ask for streams without a pause, and what each answer came to."""

import itertools
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import requests

from tests.messages.test_request import LEAST

_END = b"event: message_stop"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its number, when it began (monotonic), what failed ("": nothing)."""

    number: int
    began: float
    failure: str


class Clients:
    """So many clients, each with a connection of its own, while the block lasts."""

    def __init__(self, url: str, key: str, clients: int = 4) -> None:
        """Ask ``url``; a client begins its next request when its last has ended."""
        self.asked: list[Asked] = []
        self._url, self._key = f"{url}/v1/messages", key
        self._numbers = itertools.count()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let every client read its last answer to the end."""
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    @property
    def failures(self) -> list[Asked]:
        """Return the requests that were not answered to their end."""
        return [each for each in self.asked if each.failure]

    def _ask(self) -> None:
        with requests.Session() as session:
            session.headers["x-api-key"] = self._key
            while not self._over.is_set():
                number, began = next(self._numbers), time.monotonic()
                failure = self._failure(session, number)
                self.asked.append(Asked(number, began, failure))

    def _failure(self, session: requests.Session, number: int) -> str:
        said = [{"role": "user", "content": f"number {number}"}]
        body = LEAST | {"stream": True, "messages": said}
        try:
            with session.post(self._url, json=body, stream=True, timeout=60) as answer:
                text = b"\n".join(answer.iter_lines())
        except requests.RequestException as error:
            return repr(error)
        whole = answer.status_code == 200 and _END in text
        return "" if whole else f"{answer.status_code} {text[-300:]!r}"
