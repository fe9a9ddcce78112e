"""Looks at proxies again and again, each in a thread of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue

from app.commands import client
from app.commands.monitor.look import Look, look, unreachable
from app.commands.monitor.proxy import Change, Proxy
from config.settings import Settings

_ENDS_WITHIN = 0.5  # seconds, unless somebody keeps a look waiting


class Watch:
    """The proxies that are watched, until the ``with`` block ends.

    A look that does not end in time (a name that nobody resolves) counts as one at
    which nobody answered.
    """

    def __init__(
        self, urls: tuple[str, ...], interval: float, settings: Settings
    ) -> None:
        """Take whom to ask, every how many seconds, and the settings with the key."""
        self.proxies = [Proxy(url) for url in urls]
        self.interval = interval
        self._settings = settings
        self._seen: SimpleQueue[tuple[int, Look]] = SimpleQueue()
        self._ended = threading.Event()
        self._wakes = [threading.Event() for _ in urls]
        self._due = [time.monotonic() + self._patience for _ in urls]
        self._threads = [
            threading.Thread(target=self._look, args=(at,), daemon=True)
            for at in range(len(urls))
        ]

    @property
    def _patience(self) -> float:
        return self.interval + 2 * client.SECONDS

    def __enter__(self) -> "Watch":
        """Begin to look."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more; who does not answer just now is left to his deadline.

        Who does is waited for: the end of a process takes OpenSSL away, and a thread
        that reads certificates then would crash it.
        """
        self._ended.set()
        self.refresh()
        until = time.monotonic() + _ENDS_WITHIN
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def refresh(self) -> None:
        """Look now."""
        for wake in self._wakes:
            wake.set()

    def changes(self, wait: float) -> Iterator[Change]:
        """Yield the changes that have been seen; wait for one look so many seconds."""
        seen = []
        with suppress(Empty):
            seen += [self._seen.get(timeout=wait)] if wait else []
            while True:
                seen.append(self._seen.get_nowait())
        for at, each in [*seen, *self._late()]:
            self._due[at] = time.monotonic() + self._patience
            if change := self.proxies[at].take(each):
                yield change

    def _late(self) -> list[tuple[int, Look]]:
        now = time.monotonic()
        why = f"no answer for {self._patience:.0f} s"
        late = [at for at, due in enumerate(self._due) if due < now]
        return [(at, unreachable(self.proxies[at].url, why)) for at in late]

    def _look(self, at: int) -> None:
        while not self._ended.is_set():
            self._wakes[at].clear()
            self._seen.put((at, look(self.proxies[at].url, self._settings)))
            self._wakes[at].wait(self.interval)
