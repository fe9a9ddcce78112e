"""A Service of Kubernetes: one address for all pods that are ready."""

import random
import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.support.kubelet import Pod


class Endpoints:
    """It gives each connection to a pod, as long as the block lasts.

    Which pods are ready it learns every ``late`` seconds: so long a cluster may go on
    sending connections to a pod that is being deleted. ``given`` counts them by pod, as
    far as a connection came about; a kept one stays with its pod, as in a cluster.
    """

    def __init__(self, pods: Sequence[Pod], late: float = 0.1) -> None:
        """Take the pods there are; the list may change."""
        self._pods, self._late = pods, late
        self._ready: list[Pod] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.given: Counter[str] = Counter()
        self.lowest = 1 << 10  # how few pods there ever were
        self._threads = [
            threading.Thread(target=run) for run in (self._learn, self._accept)
        ]

    def __enter__(self) -> Self:
        """Begin."""
        self._look()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Accept no more."""
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(60)

    def _learn(self) -> None:
        while not self._over.is_set():
            self._look()
            self._over.wait(self._late)

    def _look(self) -> None:
        self._ready = [pod for pod in tuple(self._pods) if pod.ready]
        self.lowest = min(self.lowest, len(self._ready))

    def _accept(self) -> None:
        while not self._over.is_set():
            with suppress(OSError):
                caller, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(caller,)).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller, suppress(OSError, IndexError):  # where none is ready
            pod = random.choice(self._ready)
            host, port = pod.url.removeprefix("http://").split(":")
            with socket.create_connection((host, int(port)), 10) as callee:
                self.given[pod.url] += 1
                _carry(caller, callee)


def _carry(caller: socket.socket, callee: socket.socket) -> None:
    """Pass on what either says, until one has said its last."""
    other = {caller: callee, callee: caller}
    with selectors.DefaultSelector() as waiting:
        for each in other:
            waiting.register(each, selectors.EVENT_READ)
        until = time.monotonic() + 120
        while time.monotonic() < until:
            for key, _ in waiting.select(1):
                said = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not said:
                    return
                other[key.fileobj].sendall(said)  # type: ignore[index]
