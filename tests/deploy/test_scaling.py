"""What docs/scaling.md promises: three replicas, three logins, one address."""

import re

import pytest

from tests.deploy.conftest import KEY, Replica
from tests.support.processes import ROOT
from tests.support.prometheus import Prometheus
from tests.support.traffic import Clients
from tests.support.waiting import wait_until

NAMES = ("one", "two", "three")


@pytest.fixture
def three(replica) -> list[Replica]:
    started = [replica(name) for name in NAMES]
    for each in started:
        each.service.becomes(None)
    return started


def user_of(replica: Replica) -> str:
    answer = replica.service.get("/health/detailed", headers={"x-api-key": KEY})
    return answer.json()["components"]["authentication"]["user"]


def test_three_replicas_are_three_logins_and_one_address(three, in_front, tmp_path):
    services = [each.service for each in three]
    assert [user_of(each) for each in three] == [f"{n}@example.com" for n in NAMES]
    with Prometheus(tmp_path, *services) as prometheus:
        with Clients(in_front("nginx", *services), KEY) as clients:
            wait_until(lambda: all(each.upstream.requests for each in three), 60)
        assert clients.failures == []
        counts = [len(each.upstream.requests) for each in three]
        print(len(clients.asked), "asked, by upstream", counts)
        assert sum(counts) == len(clients.asked)
        wait_until(lambda: prometheus.value("job:claude_proxy_healthy:sum") == 3, 30)

        (tmp_path / "two/.claude/.credentials.json").unlink()
        three[1].service.becomes("not_authenticated")
        statuses = [each.get().status_code for each in services]
        assert statuses == [200, 503, 200]
        wait_until(lambda: prometheus.value("job:claude_proxy_healthy:sum") == 2, 30)

        three[2].kill()
        wait_until(lambda: prometheus.value("job:claude_proxy_healthy:sum") == 1, 30)
        assert prometheus.value("count(instance:claude_proxy_healthy:min)") == 3


def test_the_page_names_every_rule_there_is():
    rules = (ROOT / "deploy/prometheus/rules.yml").read_text()
    page = (ROOT / "docs/scaling.md").read_text()
    recorded = re.findall(r"record: (job:\S+)", rules)
    assert [name for name in recorded if f"`{name}`" not in page] == []
