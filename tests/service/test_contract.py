"""The contract's examples, run as they are written (but for the port)."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support.processes import Service
from tests.support.waiting import wait_until

PYTHON = """
import requests

def check_proxy_health():
    try:
        response = requests.get("http://localhost:8000/health", timeout=5)
        if response.status_code == 200:
            data = response.json()
            return data.get("status") == "healthy"
        return False
    except requests.RequestException:
        return False

if check_proxy_health():
    print("Proxy is healthy")
else:
    print("Proxy is unhealthy")
"""

LOOP = """
#!/bin/bash
# Simple monitoring script

PROXY_URL="http://localhost:8000"

while true; do
    if curl -f "$PROXY_URL/health" > /dev/null 2>&1; then
        echo "$(date): Proxy is healthy"
    else
        echo "$(date): Proxy is unhealthy - checking details..."
        curl "$PROXY_URL/health/detailed" 2>/dev/null | jq '.error // "Unknown error"'
    fi
    sleep 30
done
"""


@pytest.fixture
def service(serve: Callable[..., Service], fake_claude) -> Service:
    service = serve()
    service.becomes(None)
    return service


def shell(service: Service, script: str) -> subprocess.CompletedProcess[str]:
    port = service.url.rpartition(":")[2]
    command = ["bash", "-c", script.replace("8000", port)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20)


def log_out(service: Service, fake_claude) -> None:
    fake_claude.set(logged_in=False)
    fake_claude.install()
    service.becomes("not_authenticated")


def test_the_load_balancers_curl(service, fake_claude):
    script = "curl -f http://localhost:8000/health"
    assert shell(service, script).returncode == 0
    log_out(service, fake_claude)
    assert shell(service, script).returncode == 22


def test_the_detailed_curl_through_jq(service):
    script = "curl http://localhost:8000/health/detailed | jq"
    assert '"status": "healthy"' in shell(service, script).stdout


def test_the_python_snippet(service, fake_claude):
    script = f"{sys.executable} -c '{PYTHON}'"
    assert shell(service, script).stdout == "Proxy is healthy\n"
    log_out(service, fake_claude)
    assert shell(service, script).stdout == "Proxy is unhealthy\n"


@pytest.mark.parametrize(
    ("logged_in", "lines"),
    [
        (True, ["Proxy is healthy"]),
        (False, ["checking details...", '"Claude CLI authentication failed"']),
    ],
)
def test_the_monitoring_script(service, fake_claude, tmp_path, logged_in, lines):
    if not logged_in:
        log_out(service, fake_claude)
    output = tmp_path / "output"
    script = LOOP.replace("8000", service.url.rpartition(":")[2])
    with (
        output.open("w") as out,
        subprocess.Popen(
            ["bash", "-c", script], stdout=out, start_new_session=True
        ) as loop,
    ):
        try:
            wait_until(lambda: all(line in output.read_text() for line in lines))
        finally:
            os.killpg(loop.pid, signal.SIGTERM)


def test_both_kubernetes_probes_by_their_status(service, fake_claude):
    assert service.get("/health/detailed").status_code == 200
    log_out(service, fake_claude)
    assert service.get("/health/detailed").status_code == 503
    assert service.get("/health/live").status_code == 200
