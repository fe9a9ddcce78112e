"""A load balancer's probe that never rests, and what it was told but 200."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import requests


@contextmanager
def probing(url: str) -> Iterator[list[str]]:
    """Ask this all the time; codes of what was not 200 are in the list at the end."""
    failed: list[str] = []
    ended = threading.Event()

    def probe() -> None:
        with requests.Session() as session:
            while not ended.wait(0.05):
                try:
                    answer = session.get(url, timeout=10)
                    if answer.status_code != 200:
                        failed.append(answer.json()["details"]["code"])
                except requests.RequestException as error:
                    failed.append(repr(error))

    asking = threading.Thread(target=probe)
    asking.start()
    try:
        yield failed
    finally:
        ended.set()
        asking.join()
