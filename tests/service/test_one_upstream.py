"""One request in, one upstream, where the CLI would ask again, and all is busy.

``make soak`` makes it 500 with every core full (SOAK_REQUESTS).
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.service.test_messages import ask
from tests.support.upstream import Answer, message

REQUESTS = int(os.environ.get("SOAK_REQUESTS", "16"))  # before tests clear it
BURNERS = os.cpu_count() or 1 if REQUESTS > 16 else 0
CLIENTS = 8


@pytest.fixture
def full_load() -> Iterator[None]:
    """Keep every core busy; in CI the other tests do."""
    with ExitStack() as burning:
        for _ in range(BURNERS):
            burner = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            burning.callback(burner.wait)
            burning.callback(burner.kill)
        yield


def test_cut_answers_are_asked_for_once(serve, real_claude, upstream, full_load):
    cli = {"CLAUDE_CLI_PATH": str(real_claude), "POOL_MAX": str(2 * CLIENTS)}
    service = serve(**cli, PROXY_API_KEY="k3y", QUEUE_TIMEOUT_SECONDS="60")
    upstream.always(Answer(message("Cut", "max_tokens"), pause=0.01))
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = [*clients.map(lambda _: ask(service), range(REQUESTS))]
    assert {answer.json()["stop_reason"] for answer in answers} == {"max_tokens"}
    time.sleep(1)  # for second requests, if there were any
    answered = [body for body in upstream.requests if body["messages"]]
    print(f"{REQUESTS} requests, {len(upstream.requests)} upstream")
    assert len(answered) == REQUESTS
    assert len(upstream.requests) == REQUESTS
