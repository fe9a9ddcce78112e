"""Pods as the tests create them: by the manifests, ten times as fast as a cluster's."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.deploy.conftest import KEY
from tests.support.kubelet import Pod
from tests.support.manifests import pod, settings
from tests.support.ports import free_port
from tests.support.processes import Service
from tests.support.waiting import wait_until

SPEED = 10
BEGINS = ["started", "up", "ready"]
CHECKED = {"HEALTH_CHECK_INTERVAL_SECONDS": "1", "HEALTH_CHECK_TIMEOUT_SECONDS": "1"}

Create = Callable[..., Pod]


@pytest.fixture
def create(serve, fake_claude, tmp_path) -> Iterator[Create]:
    """Create pods; each has an address, a home and a state of its own."""
    with contextlib.ExitStack() as pods:

        def create(
            spec: Any = None, command: tuple[str, ...] = (), **variables: str
        ) -> Pod:
            port = str(free_port())
            given = settings("api-key")
            drain = str(float(given["DRAIN_SECONDS"]) / SPEED)
            own = {"PORT": port, "STATE_DIR": str(tmp_path / port)}
            own |= {"DRAIN_SECONDS": drain, "PROXY_API_KEY": KEY, **CHECKED}

            def start() -> Service:
                return serve(*command, **given | own | variables)

            spec = spec or pod("api-key", "Deployment")
            new = Pod(spec, f"http://127.0.0.1:{port}", start, SPEED)
            return pods.enter_context(new)

        yield create


def becomes(pod: Pod, *story: str) -> None:
    """Wait until this is the story, and is it still after a probe more."""
    wait_until(lambda: len(pod.story) >= len(story), 60)
    before = pod.asked["readiness"]
    wait_until(lambda: pod.gone or pod.asked["readiness"] > before + 1, 30)
    assert pod.story == list(story)
