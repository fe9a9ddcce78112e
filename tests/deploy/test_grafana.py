"""Every panel shows something of a run in which much goes wrong."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.deploy.conftest import KEY, Replica
from tests.messages.test_request import LEAST
from tests.support.grafana import Grafana, panels, queries
from tests.support.messages_api import write_login
from tests.support.prometheus import Prometheus
from tests.support.upstream import Answer, message, quota_used_up
from tests.support.waiting import wait_until


def ask(replica: Replica, *, stream: bool = False) -> int:
    """Ask the model once, and return the status of the answer."""
    answer = requests.post(
        f"{replica.service.url}/v1/messages",
        json=LEAST | {"stream": stream, "max_tokens": 500},
        headers={"x-api-key": KEY},
        timeout=60,
    )
    return answer.status_code


def ask_by_openais(replica: Replica) -> int:
    """Ask for what has no counterpart, and return the status of the answer."""
    body = LEAST | {"messages": [{"role": "user", "content": "Hi"}], "seed": 1}
    return requests.post(
        f"{replica.service.url}/v1/chat/completions",
        json=body,
        headers={"x-api-key": KEY},
        timeout=60,
    ).status_code


def is_scraped(prometheus: Prometheus) -> None:
    """Wait until what was counted by now is seen, and what was seen has changed."""
    seen = "timestamp(claude_proxy_requests_in_progress)"
    wait_until(lambda: prometheus.value(seen), 30)
    now = time.time()
    wait_until(lambda: (prometheus.value(seen) or 0) > now + 1, 30)


@pytest.fixture
def grafana(replica, tmp_path: Path, monkeypatch) -> Iterator[Grafana]:
    """Run a service through good answers, errors, a logout and a quota's end."""
    monkeypatch.setenv("UNSUPPORTED_PARAMETERS", "ignore")
    one, start = replica("one"), time.time()
    with Prometheus(tmp_path, one.service) as prometheus:
        one.service.becomes(None)
        is_scraped(prometheus)
        assert [ask(one), ask(one), ask(one, stream=True)] == [200, 200, 200]
        assert ask_by_openais(one) == 200
        is_scraped(prometheus)
        assert ask_by_openais(one) == 200
        one.upstream.always(Answer(status=529, error="overloaded_error"))
        assert ask(one) == 529
        is_scraped(prometheus)
        assert ask(one) == 529
        is_scraped(prometheus)

        (tmp_path / "one/.claude/.credentials.json").unlink()
        one.service.becomes("not_authenticated")
        is_scraped(prometheus)
        assert ask(one) == 503
        is_scraped(prometheus)

        write_login(tmp_path / "one", refresh_token=False)
        one.service.becomes(None)
        one.upstream.always(Answer(message(), pause=0.2))
        assert ask(one) == 200
        one.upstream.always(quota_used_up())
        assert ask(one) == 429
        is_scraped(prometheus)
        yield Grafana(prometheus, start, time.time())


def test_every_query_of_every_panel_returns_data(grafana):
    assert grafana.choices("job") == ["claude-proxy"]
    drawn = {
        (panel["id"], panel["title"], query): grafana.series(query)
        for panel in panels().values()
        for query in queries(panel)
    }
    for (number, title, query), series in drawn.items():
        print(f"{number} {title}: {series} series of {query}")
    assert [asked for asked, series in drawn.items() if not series] == []
    assert outage(grafana) == [0, 1]


def outage(grafana: Grafana) -> list[float]:
    """Return the login's worst health of the run, and that of its end."""
    login = 'claude_proxy_component_healthy{component="authentication"}'
    worst = grafana.prometheus.value(f"min_over_time({login}[10m])")
    last = grafana.prometheus.value(login)
    assert worst is not None
    assert last is not None
    return [worst, last]
