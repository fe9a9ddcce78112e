"""A real Prometheus reads what the service says; promtool finds nothing to mend."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.processes import ROOT
from tests.support.prometheus import RULES, Prometheus
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


def test_each_alert_is_seen_to_fire_and_then_to_be_over():
    tests = yaml.safe_load((ROOT / "tests/prometheus/rules_test.yml").read_text())
    alerts = re.findall(r"alert: (\w+)", RULES.read_text())
    seen = [name for test in tests["tests"] for name in alerts if ends(test, name)]
    assert sorted(seen) == sorted(alerts)


def ends(test: dict[str, Any], alert: str) -> bool:
    """Tell whether this test sees the alert fire, and later sees that it does not."""
    fires = {
        int(case["eval_time"].removesuffix("m")): bool(case.get("exp_alerts"))
        for case in test.get("alert_rule_test", ())
        if case["alertname"] == alert
    }
    return any(fires.values()) and not fires[max(fires)]


def test_the_example_configuration_is_valid():
    result = promtool("check", "config", "deploy/prometheus/prometheus.yml")
    assert result.returncode == 0, result.stderr


def test_the_rules_use_only_metrics_there_are(client):
    """One process alone shows those as well of which nothing was counted yet."""
    there = set(re.findall(r"^# TYPE (\S+)", client.get("/metrics").text, re.MULTILINE))
    rules = (ROOT / "deploy/prometheus/rules.yml").read_text()
    # What the rules record themselves has a colon before it.
    found = re.findall(r"(?<![:\w])claude_proxy_\w+", rules)
    used = {name.removesuffix("_bucket") for name in found}
    assert used <= there


@pytest.fixture
def prometheus(serve, fake_claude, tmp_path: Path) -> Iterator[Prometheus]:
    """Run a Prometheus that scrapes a service of two workers."""
    service = serve(WORKERS="2")
    service.becomes(None)
    service.get("/nowhere")
    with Prometheus(tmp_path, service) as prometheus:
        yield prometheus


def test_prometheus_answers_a_query_for_each_of_the_contracts_names(prometheus):
    def answer(query: str) -> float:
        found = wait_until(
            lambda: (value := prometheus.value(query)) is not None and (value,), 30
        )
        return found[0]

    found = [answer(query) for query in QUERIES]
    print(*(f"{pair[0]} = {pair[1]}" for pair in zip(QUERIES, found, strict=True)))
    assert found[0] == 1
    assert found[1] >= 1
    assert found[2] == 1
    assert 0 < found[3] < 1


def test_as_many_workers_are_seen_as_there_are(prometheus):
    wait_until(lambda: prometheus.value("claude_proxy_workers") == 2, 30)
