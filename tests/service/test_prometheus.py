"""A real Prometheus reads what the service says; promtool finds nothing to mend."""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.processes import ROOT
from tests.support.waiting import wait_until

QUERIES = (
    "claude_proxy_claude_cli_status",
    'sum(claude_proxy_requests_total{endpoint="/health"})',
    'sum(claude_proxy_errors_total{type="not_found"})',
    "histogram_quantile(0.9,sum by(le)(claude_proxy_request_duration_seconds_bucket))",
)


def promtool(*words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["promtool", *words], input=said, cwd=ROOT, capture_output=True, text=True
    )


def test_promtool_finds_the_metrics_clean(serve, fake_claude):
    service = serve(WORKERS="2")
    service.becomes(None)
    service.get("/nowhere")
    result = promtool("check", "metrics", said=service.get("/metrics").text)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_the_alert_rules_hold_their_tests():
    assert promtool("check", "rules", "deploy/prometheus/rules.yml").returncode == 0
    result = promtool("test", "rules", "tests/prometheus/rules_test.yml")
    assert result.returncode == 0, result.stderr


def test_the_example_configuration_is_valid():
    result = promtool("check", "config", "deploy/prometheus/prometheus.yml")
    assert result.returncode == 0, result.stderr


def test_the_rules_use_only_metrics_there_are(serve, fake_claude):
    service = serve()
    service.becomes(None)
    service.get("/nowhere")
    there = set(
        re.findall(r"^# TYPE (\S+)", service.get("/metrics").text, re.MULTILINE)
    )
    rules = (ROOT / "deploy/prometheus/rules.yml").read_text()
    used = {
        name.removesuffix("_bucket") for name in re.findall(r"claude_proxy_\w+", rules)
    }
    assert used <= there


@pytest.fixture
def prometheus(serve, fake_claude, tmp_path: Path) -> Iterator[str]:
    """Run a Prometheus that scrapes a service every second; return its address."""
    service = serve(WORKERS="2")
    service.becomes(None)
    service.get("/nowhere")
    target = service.url.removeprefix("http://")
    config = tmp_path / "prometheus.yml"
    scrape = {"job_name": "claude-proxy", "static_configs": [{"targets": [target]}]}
    config.write_text(
        json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [scrape]})
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address={address}",
    ]
    with (tmp_path / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, env=dict(os.environ))
        yield f"http://{address}"
        process.terminate()
        process.wait(20)


def test_prometheus_answers_a_query_for_each_of_the_contracts_names(prometheus):
    def ask(query: str) -> float | None:
        try:
            answer = requests.get(
                f"{prometheus}/api/v1/query", params={"query": query}, timeout=5
            )
            result = answer.json()["data"]["result"]
        except (requests.RequestException, ValueError, KeyError):
            return None
        return float(result[0]["value"][1]) if result else None

    found = {
        query: wait_until(
            lambda query=query: ask(query) is not None and (ask(query),), 30
        )
        for query in QUERIES
    }
    print(*(f"{query} = {value[0]}" for query, value in found.items()), sep="\n")
    assert found[QUERIES[0]] == (1.0,)
    assert found[QUERIES[1]][0] >= 1
    assert found[QUERIES[2]] == (1.0,)
    assert 0 < found[QUERIES[3]][0] < 1
