"""What a scrape shows, in one process."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from app.contract.codes import Code
from app.metrics.registry import Metrics
from app.monitor.monitor import Monitor
from app.web.current import part_of
from tests.support.messages_api import write_login
from tests.support.processes import ROOT
from tests.support.waiting import wait_until

STRANGER = {"X-Forwarded-For": "203.0.113.9"}


@pytest.fixture
def scrape(client):
    def scrape(headers=None, query="") -> dict[tuple, float]:
        monitor = part_of(client.application, Monitor)
        wait_until(lambda: monitor.report().code != Code.STARTING)
        text = client.get(f"/metrics{query}", headers=headers).text
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return scrape


def test_the_contracts_four_names_are_there(scrape, client):
    client.get("/nowhere")
    names = {key[0] for key in scrape()}
    assert names >= {
        "claude_proxy_requests_total",
        "claude_proxy_request_duration_seconds_bucket",
        "claude_proxy_errors_total",
        "claude_proxy_claude_cli_status",
    }


def test_requests_are_counted_by_method_route_and_status(scrape, client):
    client.get("/health/live")
    assert scrape()[("claude_proxy_requests_total", "/health/live", "200", "GET")] == 1


def test_a_thousand_unknown_paths_and_methods_are_few_series(scrape, client):
    for number in range(1000):
        client.open(f"/{number}", method=f"M{number % 7}")
    found = [key for key in scrape() if key[0] == "claude_proxy_requests_total"]
    assert ("claude_proxy_requests_total", "404", "OTHER", "unmatched") in found
    assert len(found) == 1


def test_errors_are_counted_by_their_code(scrape, client):
    client.get("/nowhere")
    client.post("/health")
    found = scrape()
    assert found[("claude_proxy_errors_total", "not_found")] == 1
    assert found[("claude_proxy_errors_total", "method_not_allowed")] == 1


def test_an_unhealthy_answer_is_counted_by_its_code(scrape, client, fake_claude):
    fake_claude.set(logged_in=False)
    scrape()
    client.get("/health")
    assert scrape()[("claude_proxy_errors_total", "not_authenticated")] == 1


@pytest.mark.parametrize(
    ("mode", "cli", "login"), [("ok", 1, 1), ("logged_out", 1, 0), ("crash", 0, 0)]
)
def test_the_health_is_a_gauge(scrape, fake_claude, mode, cli, login):
    fake_claude.set(mode=mode)
    found = scrape()
    assert found[("claude_proxy_claude_cli_status",)] == cli
    assert found[("claude_proxy_authentication_status",)] == login
    assert found[("claude_proxy_component_healthy", "claude_cli")] == cli
    for name in ("api_server", "quota", "upstream"):
        assert found[("claude_proxy_component_healthy", name)] == 1


def test_a_check_has_a_duration_and_a_last_success(scrape):
    found = scrape()
    took = found[("claude_proxy_health_check_duration_seconds", "claude_cli")]
    when = found[
        ("claude_proxy_health_check_last_success_timestamp_seconds", "authentication")
    ]
    assert 0 < took < 10
    assert abs(when - time.time()) < 30


@pytest.mark.parametrize("renewable", [True, False])
def test_the_end_of_a_login_shows_where_there_is_one(scrape, environment, renewable):
    write_login(environment, refresh_token=renewable, expires_in=3600)
    found = scrape().get(("claude_proxy_login_expiry_timestamp_seconds",))
    assert (found is None) is renewable


def test_transitions_are_counted(scrape):
    key = ("claude_proxy_health_transitions_total", "claude_cli", "healthy")
    assert scrape()[key] == 1


def test_only_a_trusted_caller_sees_the_clis_version(scrape):
    assert ("claude_proxy_build_info", "0.1.0", "2.1.330") in scrape()
    assert ("claude_proxy_build_info", "", "0.1.0") in scrape(STRANGER)


def test_start_and_memory_of_the_process_show(scrape):
    found = scrape()
    assert abs(found[("process_start_time_seconds",)] - time.time()) < 60
    assert found[("process_resident_memory_bytes",)] > 1 << 20


def test_workers_are_those_of_a_server(scrape):
    assert ("claude_proxy_workers",) not in scrape()  # a test has no gunicorn


def test_names_can_be_picked(scrape):
    picked = scrape(query="?name[]=claude_proxy_claude_cli_status")
    assert set(picked) == {("claude_proxy_claude_cli_status",)}


def test_open_metrics_are_written_when_asked_for(client):
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = client.application.test_client().get("/metrics", headers=accept)
    assert answer.text.endswith("# EOF\n")


def test_every_metric_is_explained(client):
    text = client.get("/metrics").text
    named = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    assert named == set(re.findall(r"^# HELP (\S+) \S", text, re.MULTILINE))


def test_every_metric_is_documented(client):
    named = re.findall(r"^# TYPE (\S+)", client.get("/metrics").text, re.MULTILINE)
    described = (ROOT / "docs/metrics.md").read_text()
    mine = [name for name in named if not name.endswith("_created")]
    assert [name for name in mine if f"`{name}`" not in described] == []


def test_a_streamed_answer_is_timed_until_its_last_byte(app):
    @app.get("/stream")
    def stream():
        def words():
            yield "a"
            time.sleep(0.2)
            yield "b"

        return words()

    environ = app.test_request_context("/stream").request.environ
    parts = app.wsgi_app(environ, lambda status, headers, error=None: lambda data: None)
    metrics = part_of(app, Metrics)
    body = b"".join(parts)
    assert metrics.in_progress._value.get() == 1
    parts.close()
    labels = ("GET", "/stream", "200")
    assert body == b"ab"
    assert metrics.duration.labels(*labels)._sum.get() > 0.2
    assert metrics.in_progress._value.get() == 0


def test_metrics_can_be_switched_off(fake_claude, make_app):
    app = make_app(METRICS_ENABLED="false")
    assert app.test_client().get("/metrics").status_code == 404


def test_two_apps_do_not_share_their_counts(client, make_app):
    other = make_app()
    client.get("/nowhere")
    assert part_of(other, Metrics).totals() == (0, 0)


class Held(Collector):
    """Holds every collection until the test lets go, and counts them."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.runs = 0

    def collect(self) -> list[Metric]:
        self.runs += 1
        self.go_on.wait(10)
        return []


@pytest.fixture
def held(app) -> Held:
    """Add one to the app; it is collected once as it is registered."""
    held = Held()
    held.go_on.set()
    part_of(app, Metrics).registry.register(held)
    held.go_on.clear()
    held.runs = 0
    return held


def test_scrapes_at_once_are_few_and_each_caller_has_its_own(app, direct, held):
    wait_until(lambda: part_of(app, Monitor).report().code is None)

    def scrape(headers: dict[str, str]) -> str:
        client = app.test_client()
        client.environ_base |= direct
        return client.get("/metrics", headers=headers).text

    kinds = [{}, STRANGER, {"Accept": "application/openmetrics-text"}]
    with ThreadPoolExecutor(22) as pool:
        first = pool.submit(scrape, {})
        wait_until(lambda: held.runs)
        others = [pool.submit(scrape, kinds[number % 3]) for number in range(21)]
        wait_until(lambda: part_of(app, Metrics).in_progress._value.get() == 22)
        held.go_on.set()
        texts = [each.result() for each in others]
    assert held.runs <= 3
    version = 'claude_cli_version="2.1.330"'
    assert [version in text for text in texts] == [True, False, True] * 7
    assert [text.endswith("# EOF\n") for text in texts] == [False, False, True] * 7
    assert version in first.result()
