"""compose.yaml, run as it is: the proxy, nginx, Prometheus and Alertmanager.

Grafana is not to be had here. podman-compose knows no ``condition: service_healthy``
(podman learns to wait for it with 4.6), so the proxy is started first, and asked.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.containers import (
    UID,
    Container,
    build,
    podman,
    run,
)
from tests.support.messages_api import write_login
from tests.support.ports import free_port
from tests.support.processes import ROOT
from tests.support.waiting import wait_until

FILE = ROOT / "deploy/docker/compose.yaml"
IMAGES = ROOT / "tests/deploy/images/Dockerfile"
BESIDE = ("nginx", "prometheus", "alertmanager")


class Composed:
    """One project of its own: names, volumes, ports; what its first steps said."""

    def __init__(self, image: str) -> None:
        self.before = self.asked_cli = ""
        self.project = f"claude-proxy-{os.getpid()}"
        ports = {f"{name.upper()}_PORT": str(free_port()) for name in BESIDE}
        self.urls = {
            name: f"http://127.0.0.1:{ports[f'{name.upper()}_PORT']}" for name in BESIDE
        }
        name = f"localhost/claude-proxy:{image[:12]}"
        podman("tag", image, name)
        self.variables = {"CLAUDE_PROXY_IMAGE": name, **ports}

    def compose(self, *words: str) -> Any:
        """Run podman-compose with the shipped file."""
        command = ["--project-name", self.project, "--file", str(FILE), *words]
        return run(*command, program="podman-compose", **self.variables)

    def container(self, service: str) -> Container:
        return Container.named(f"{self.project}_{service}_1")

    def get(self, service: str, path: str) -> requests.Response:
        return requests.get(self.urls[service] + path, timeout=10)

    def asked(self, service: str, path: str) -> Any:
        """Return the data of an answer of Prometheus' or Alertmanager's."""

        def answer() -> Any:
            try:
                return self.get(service, path).json()
            except requests.RequestException:  # it starts
                return None

        return wait_until(answer, 30)

    @property
    def volume(self) -> str:
        return podman(
            "volume", "inspect", "--format", "{{.Mountpoint}}", f"{self.project}_login"
        )


def log_in(composed: Composed) -> None:
    """Write a made-up login into the volume."""
    folder = Path(composed.volume)
    write_login(folder)
    for each in folder.rglob("*"):
        os.chown(each, UID, UID)


@pytest.fixture(scope="module")
def composed(image) -> Iterator[Composed]:
    """Do what the README says: log in, in place of which a login is written; start."""
    for name in BESIDE:
        (tag,) = re.findall(rf"image: (\S+/{name}:\S+)", FILE.read_text())
        podman("tag", build(IMAGES, "--target", name), tag)
    composed = Composed(image)
    try:
        composed.compose("up", "-d", "--no-build", "proxy")
        composed.before = composed.container("proxy").becomes("unhealthy", "Claude")
        first_step = ("run", "--no-deps", "--rm", "-T", "proxy", "claude", "auth")
        composed.asked_cli = composed.compose(*first_step, "status").stdout
        log_in(composed)
        composed.container("proxy").becomes("healthy")
        composed.compose("up", "-d", "--no-build", *BESIDE)
        yield composed
    finally:
        composed.compose("down", "--volumes", "--timeout", "1")


def test_the_first_step_reaches_the_login_of_the_proxy(composed):
    assert '"configDirectory": "/var/lib/claude-proxy/.claude"' in composed.asked_cli
    assert '"loggedIn": false' in composed.asked_cli


def test_the_health_check_knows_the_login(composed):
    assert "Claude CLI authentication failed" in composed.before
    assert composed.container("proxy").check()[0] == "healthy"


def test_who_needs_the_proxy_waits_for_its_health():
    """Read from the file: podman-compose does not wait."""
    services = re.split(r"^  (\w+):$", FILE.read_text(), flags=re.MULTILINE)
    waits = [
        name
        for name, text in zip(services[1::2], services[2::2], strict=True)
        if "depends_on: {proxy: {condition: service_healthy}}" in text
    ]
    assert waits == ["nginx", "prometheus"]


def test_nginx_lets_the_health_through_and_nothing_else(composed):
    wait_until(lambda: composed.get("nginx", "/health").status_code == 200, 60)
    closed = ("/health/detailed", "/metrics", "/openapi.json")
    assert {composed.get("nginx", path).status_code for path in closed} == {403}
    assert composed.get("nginx", "/v1/models").status_code == 401


def test_prometheus_scrapes_the_proxy_and_knows_whom_to_alert(composed):
    def healths() -> Any:
        targets = composed.asked("prometheus", "/api/v1/targets")["data"]
        return {each["health"] for each in targets["activeTargets"]}

    wait_until(lambda: healths() == {"up"}, 60)
    rules = composed.asked("prometheus", "/api/v1/rules")["data"]["groups"]
    assert {rule["health"] for group in rules for rule in group["rules"]} <= {
        "ok",
        "unknown",
    }
    assert len(rules) > 1

    def alertmanagers() -> Any:
        told = composed.asked("prometheus", "/api/v1/alertmanagers")["data"]
        return [each["url"] for each in told["activeAlertmanagers"]]

    wait_until(
        lambda: alertmanagers() == ["http://alertmanager:9093/api/v2/alerts"], 60
    )


def test_a_logout_shows_through_nginx(composed):
    composed.container("proxy").run("rm", ".claude/.credentials.json")
    wait_until(lambda: composed.get("nginx", "/health").status_code == 503, 60)
    code = composed.get("nginx", "/health").json()["details"]["code"]
    assert code == "not_authenticated"
    log_in(composed)
    wait_until(lambda: composed.get("nginx", "/health").status_code == 200, 60)


def test_every_file_that_is_mounted_is_there():
    """Docker would make a folder of its name, and mount that."""
    sources = re.findall(r"[ \"](\.{1,2}/\S+?):/", FILE.read_text())
    assert len(sources) == 6
    assert [each for each in sources if not (FILE.parent / each).exists()] == []
    assert (ROOT / "deploy/grafana/dashboard.json").is_file()


def test_docker_compose_finds_it_from_the_projects_folder():
    text = (ROOT / "docker-compose.yml").read_text()
    (included,) = re.findall(r"include: \[(\S+)\]", text)
    assert ROOT / included == FILE
