"""What is counted of requests to the model, by real workers with the real CLI."""

import os
import signal
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.messages.test_request import LEAST
from tests.service.test_messages import KEY
from tests.service.test_prometheus import promtool
from tests.support.messages_api import write_login
from tests.support.processes import Service
from tests.support.upstream import Answer, quota_used_up
from tests.support.waiting import wait_until

MODEL = LEAST["model"]


@pytest.fixture
def service(serve, real_claude, upstream) -> Service:
    settings = {"MODELS": f"{MODEL}, another-1", "PROXY_API_KEY": "k3y", "WORKERS": "2"}
    return serve(CLAUDE_CLI_PATH=str(real_claude), **settings)


def ask(service: Service, **fields: Any) -> int:
    """Ask over a connection of its own; return the status."""
    url = f"{service.url}/v1/messages"
    answer = requests.post(url, json=LEAST | fields, headers=KEY, timeout=60)
    return answer.status_code


def figures(service: Service) -> dict[str, float]:
    text = service.get("/metrics", headers=KEY).text
    return {
        " ".join((sample.name[13:], *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("claude_proxy_")
    }


def test_counts_survive_killed_workers(service, upstream):
    for _ in range(3):
        assert [ask(service), ask(service)] == [200, 200]
        os.kill(service.workers()[0], signal.SIGKILL)
        wait_until(lambda: len(service.workers()) == 2)
    found = figures(service)
    assert found["requests_by_caller_total key good"] == 6
    assert found[f"tokens_total {MODEL} output"] == 6 * 7
    assert found[f"cost_dollars_total {MODEL}"] == pytest.approx(6 * 0.000114)
    assert found[f"time_to_first_token_seconds_count {MODEL}"] == 6
    assert found["pool_hits_total"] + found["pool_misses_total"] == 6


def test_processes_are_summed_over_the_workers_that_live(serve, real_claude, upstream):
    settings = {"WORKERS": "2", "POOL_SPARES": "1"}
    service = serve(CLAUDE_CLI_PATH=str(real_claude), **settings)

    def spares() -> float:
        return figures(service).get("pool_processes spares", 0.0)

    wait_until(lambda: spares() == 2, 30)
    os.kill(service.workers()[0], signal.SIGKILL)
    wait_until(lambda: figures(service)["pool_starts_total"] == 3, 30)
    wait_until(lambda: spares() == 2, 30)


def test_an_error_of_the_upstream_is_counted(service, upstream):
    upstream.always(Answer(status=529, error="overloaded_error"))
    assert ask(service) == 529
    found = figures(service)
    assert found["upstream_errors_total overloaded_error"] == 1
    assert found["requests_by_caller_total key upstream_error"] == 1


def test_a_quota_shows_where_it_is_used_up(
    serve, real_claude, upstream, environment, monkeypatch
):
    write_login(environment)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    cli = {"CLAUDE_CLI_PATH": str(real_claude), "PROXY_API_KEY": "k3y"}
    service = serve(WORKERS="2", **cli, **nowhere)
    upstream.always(refusal := quota_used_up())
    assert ask(service) == 429
    found = figures(service)
    assert found["quota_utilization_ratio five_hour"] == 1.0
    assert found["quota_utilization_ratio seven_day"] == 0.25
    reset = refusal.headers["anthropic-ratelimit-unified-5h-reset"]
    assert found["quota_reset_timestamp_seconds five_hour"] == float(reset)


def test_promtool_finds_them_clean(service, upstream):
    ask(service)
    upstream.always(Answer(status=529, error="overloaded_error"))
    ask(service)
    text = service.get("/metrics", headers=KEY).text
    result = promtool("check", "metrics", said=text)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")
    assert "claude_proxy_pool_ends_total" in text
