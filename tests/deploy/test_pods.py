"""Several pods behind a Service: who is asked, and what a replacement costs."""

import time

import pytest
import requests

from tests.deploy.conftest import KEY
from tests.deploy.pods import BEGINS, Create, becomes
from tests.deploy.pods import create as create
from tests.messages.test_request import LEAST
from tests.service.conftest import upstream as upstream
from tests.support.builders import FakeClaude
from tests.support.endpoints import Endpoints
from tests.support.kubelet import Pod
from tests.support.manifests import one
from tests.support.traffic import Clients
from tests.support.upstream import Answer, message
from tests.support.waiting import wait_until


@pytest.fixture
def other_claude(tmp_path) -> FakeClaude:
    """Return a CLI, and so a login, of another pod's."""
    return FakeClaude(tmp_path / "other")


def test_no_connection_goes_to_a_pod_that_cannot_serve(create, upstream, other_claude):
    pods = [create(), create(CLAUDE_CLI_PATH=str(other_claude.path))]
    for each in pods:
        becomes(each, *BEGINS)
    with Endpoints(pods) as service:
        wait_until(lambda: ask(service) == 200 and len(service.given) == 2, 60)
        other_claude.path.unlink()
        wait_until(lambda: service.lowest == 1, 30)
        before = service.given[pods[1].url]
        assert {ask(service) for _ in range(20)} == {200}
        assert service.given[pods[1].url] == before
        other_claude.install()
        wait_until(lambda: ask(service) and service.given[pods[1].url] > before, 60)
    print(dict(service.given))
    assert pods[1].restarts == 0


def ask(service: Endpoints) -> int:
    """Ask for a message by a connection of its own, and return the status."""
    url, headers = f"{service.url}/v1/messages", {"x-api-key": KEY}
    return requests.post(url, json=LEAST, headers=headers, timeout=60).status_code


def test_a_replacement_of_two_replicas_fails_no_request(create, upstream):
    upstream.always(Answer(message("a b c"), pause=0.1))
    pods = [create(), create()]
    for each in pods:
        becomes(each, *BEGINS)
    late = 1.0  # ten seconds, at this speed
    with Endpoints(pods, late) as service, Clients(service.url, KEY) as clients:
        wait_until(lambda: len(clients.asked) > 8, 60)
        service.lowest = len(pods)
        roll_out(pods, create)
        asked = len(clients.asked)
        wait_until(lambda: len(clients.asked) > asked + 8, 60)
    print(len(clients.asked), "asked,", len(clients.failures), "failed")
    assert clients.failures == []
    assert service.lowest >= 2
    assert [pod.gone for pod in pods] == [True, True, False, False]


def roll_out(pods: list[Pod], create: Create) -> None:
    """Replace them all by new ones, as the Deployment says and its controller does."""
    wanted, old = len(pods), tuple(pods)
    strategy = one("replicas", "Deployment")["spec"]["strategy"]["rollingUpdate"]
    while not (len(pods) == 2 * wanted and all(each.gone for each in old)):
        alive = [each for each in pods if not each.deleted.is_set()]
        if len(pods) < 2 * wanted and len(alive) < wanted + strategy["maxSurge"]:
            pods.append(create())
        ready = [each for each in alive if each.ready]
        spare = len(ready) > wanted - strategy["maxUnavailable"]
        for each in [each for each in old if each in alive][:spare]:
            each.delete()
        time.sleep(0.05)
