"""Who comes through something else on this machine is a stranger, whatever it adds.

Each forwarder is the real one, as a user of its own, set up to add nothing; the caller
asks for ``Host: localhost``. Nothing in such a request differs from a direct one.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.support.ports import free_port
from tests.support.processes import BIN, Service
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be others")
SBIN = "/usr/sbin:/usr/bin:/sbin:/bin"
FORWARDERS_USER, OTHER = "www-data", 12345
NGINX = """
daemon off; user www-data; pid {folder}/nginx.pid; error_log {folder}/log;
events {{}}
http {{ access_log off; server {{ listen 127.0.0.1:{port}; location / {{
  proxy_pass http://127.0.0.1:{target}; {more}
}} }} }}
"""
HAPROXY = """
global
  user www-data
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen proxy
  bind 127.0.0.1:{port}
  server service 127.0.0.1:{target}
"""
APACHE = """
ServerName localhost
ServerRoot {folder}
Listen 127.0.0.1:{port}
User www-data
Group www-data
PidFile {folder}/apache.pid
ErrorLog {folder}/log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
ProxyPreserveHost On
ProxyAddHeaders Off
ProxyPass / http://127.0.0.1:{target}/
"""
KEPT_ALIVE = 'proxy_http_version 1.1; proxy_set_header Connection "";'
# By name: the command, and the configuration it reads.
FORWARDERS = {
    "nginx": (("nginx", "-c", "{file}"), NGINX.replace("{more}", "")),
    "nginx_http_1_1": (
        ("nginx", "-c", "{file}"),
        NGINX.replace("{more}", "proxy_http_version 1.1;"),
    ),
    "nginx_streaming": (
        ("nginx", "-c", "{file}"),
        NGINX.replace("{more}", f"{KEPT_ALIVE} proxy_set_header Host $host;"),
    ),
    "haproxy": (("haproxy", "-db", "-f", "{file}"), HAPROXY),
    "socat": (
        (
            *("setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups"),
            *("socat", "TCP-LISTEN:{port},bind=127.0.0.1,fork"),
            "TCP:127.0.0.1:{target}",
        ),
        "",
    ),
    "apache": (("apache2", "-DFOREGROUND", "-f", "{file}"), APACHE),
    "root_socat": (
        ("socat", "TCP-LISTEN:{port},bind=127.0.0.1,fork", "TCP:127.0.0.1:{target}"),
        "",
    ),
}


@pytest.fixture
def through(tmp_path: Path) -> Iterator[Callable[[str, Service], str]]:
    """Put a forwarder in front of a service and return the forwarder's address."""
    started: list[subprocess.Popen[bytes]] = []

    def through(name: str, service: Service) -> str:
        port = free_port()
        names = {
            "port": port,
            "target": service.url.rpartition(":")[2],
            "folder": tmp_path,
            "file": tmp_path / "forwarder.conf",
        }
        command, configuration = FORWARDERS[name]
        (tmp_path / "forwarder.conf").write_text(configuration.format(**names))
        program = shutil.which(command[0], path=SBIN)
        assert program, f"{command[0]} is missing: run the tests with `make test`"
        words = [program, *(word.format(**names) for word in command[1:])]
        started.append(subprocess.Popen(words, start_new_session=True))
        wait_until(lambda: listens(port))
        return f"http://127.0.0.1:{port}"

    yield through
    for process in started:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def as_other(serve, fake_claude) -> Service:
    """Start a service that runs as another user, with root's rights to files.

    So it can read Python and the code wherever they are. Its CLI is not looked at.
    """
    rights = "+dac_override,+dac_read_search"
    service = serve(
        *("setpriv", f"--reuid={OTHER}", f"--regid={OTHER}", "--clear-groups"),
        *(f"--inh-caps={rights}", f"--ambient-caps={rights}"),
        *(sys.executable, "-m", "app", "serve"),
    )
    assert service.url
    return service


def sees_everything(url: str) -> bool:
    """Ask as somebody far away would who wants to pass for the person here."""
    headers = {"Host": "localhost"}
    body = requests.get(f"{url}/health/detailed", headers=headers, timeout=10).json()
    return "configuration" in body


def curl(url: str, uid: int) -> dict:
    said = subprocess.check_output(["curl", "-s", f"{url}/health/detailed"], user=uid)
    return json.loads(said)


@pytest.mark.parametrize("name", [*FORWARDERS][:-1])
def test_who_comes_through_a_forwarder_is_a_stranger(serve, fake_claude, through, name):
    service = serve()
    service.becomes(None)
    assert sees_everything(service.url)
    assert not sees_everything(through(name, service))


@pytest.mark.parametrize("name", FORWARDERS)
def test_roots_forwarder_is_one_too(as_other, through, name):
    assert not sees_everything(through(name, as_other))


def test_nothing_of_this_machine_shows_through_a_forwarder(serve, fake_claude, through):
    service = serve()
    service.becomes(None)
    url = through("nginx_streaming", service)
    version = '"2.1.330"'
    assert version in service.get("/metrics").text
    assert version not in requests.get(f"{url}/metrics", timeout=10).text
    fake_claude.path.unlink()
    service.becomes("cli_not_found")
    details = requests.get(f"{url}/health", timeout=10).json()["details"]
    assert set(details) == {"code", "remedy"}


def test_the_key_counts_through_a_forwarder(serve, fake_claude, through):
    service = serve(PROXY_API_KEY="k3y")
    service.becomes(None)
    url = f"{through('haproxy', service)}/health/detailed"
    body = requests.get(url, headers={"x-api-key": "k3y"}, timeout=10).json()
    assert "configuration" in body


def test_curl_of_the_services_user_sees_everything(as_other):
    assert "configuration" in curl(as_other.url, OTHER)


@pytest.mark.parametrize("uid", [0, 33], ids=["root", "another"])
def test_curl_of_anybody_else_sees_statuses(as_other, uid):
    assert "configuration" not in curl(as_other.url, uid)


def test_check_of_the_services_user_sees_everything(serve, fake_claude):
    service = serve()
    service.becomes(None)
    command = [BIN / "claude-proxy", "check", "--json", "--url", service.url]
    assert "configuration" in json.loads(subprocess.check_output(command))
