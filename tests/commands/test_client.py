"""Where a running proxy is asked, and what counts as its answer."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from app.commands import client
from app.commands.client import CannotAsk, _health_url
from app.commands.local import here
from app.server.key import make_key
from config.key import plain_key
from config.loading import load_settings

BODY = {"status": "healthy", "service": "claude-proxy"}


class _Server(HTTPServer):
    answer = 200, json.dumps(BODY).encode()
    elsewhere: str | None = None

    def __init__(self, host: str) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.asked: list[tuple[str, str | None]] = []
        self.keys: list[str | None] = []
        super().__init__((host, 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Accept"]))
        self.server.keys.append(self.headers["X-Api-Key"])
        status, body = self.server.answer
        self.send_response(status)
        if self.server.elsewhere:
            self.send_header("Location", self.server.elsewhere)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def proxy(request):
    with _Server(getattr(request, "param", "127.0.0.1")) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        yield server
        server.shutdown()


def url_of(server: _Server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("localhost:8000", "http://localhost:8000/health/detailed"),
        ("https://x.test/", "https://x.test/health/detailed"),
        ("http://x.test/health", "http://x.test/health"),
    ],
)
def test_an_address_may_be_short(given, asked):
    assert _health_url(given) == asked


def test_the_detailed_report_is_asked_for_as_json(proxy):
    client.server(url_of(proxy), load_settings())
    assert proxy.asked == [("/health/detailed", "application/json")]


@pytest.mark.parametrize(
    ("proxy", "host"),
    [("127.0.0.1", "0.0.0.0"), ("::1", "::1"), ("::1", "::")],
    indirect=["proxy"],
)
def test_without_an_address_the_one_that_is_set_is_asked(proxy, host):
    settings = load_settings({"HOST": host, "PORT": str(proxy.server_port)})
    assert client.server(None, settings).body == BODY


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_no_http_proxy_is_used(proxy, monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert client.server(url_of(proxy), load_settings()).body == BODY


@pytest.mark.parametrize("status", [500, 503])
def test_an_unhealthy_answer_is_an_answer(proxy, status):
    proxy.answer = status, json.dumps(BODY | {"status": "unhealthy"}).encode()
    answer = client.server(url_of(proxy), load_settings())
    assert (answer.status, answer.body["status"]) == (status, "unhealthy")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'"claude-proxy"', b"{}", b"{", b"\xff\xfe"]
)
def test_what_is_not_the_proxys_answer_is_none(proxy, body):
    proxy.answer = 200, body
    with pytest.raises(CannotAsk, match="is not claude-proxy"):
        client.server(url_of(proxy), load_settings())


def test_an_endless_answer_is_cut_off(proxy, monkeypatch):
    monkeypatch.setattr(client, "_LARGEST", 10)
    with pytest.raises(CannotAsk, match="more than 10 bytes"):
        client.server(url_of(proxy), load_settings())


def test_a_silent_server_is_given_up(monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(CannotAsk, match=f"{url}/health/detailed: timed out"):
            client.server(url, load_settings())
        assert time.monotonic() - began < 2


def test_asking_here_is_asking_as_a_trusted_caller(fake_claude):
    body = here(load_settings()).body
    assert body["components"]["claude_cli"]["path"] == str(fake_claude.path)


def test_asking_here_asks_the_cli_each_question_once(fake_claude):
    here(load_settings())
    asked = [call["argv"] for call in fake_claude.calls]
    assert asked == [["--version"], ["auth", "status"]]


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("PROXY_API_KEY", "planted-key")
    return "planted-key"


def test_the_key_goes_to_the_address_that_is_set(proxy, key):
    client.server(None, load_settings({"PORT": str(proxy.server_port)}))
    assert proxy.keys == [key]


def test_the_key_that_the_first_start_made_goes_there_too(proxy):
    settings = load_settings({"PORT": str(proxy.server_port)})
    make_key(settings)
    client.server(None, settings)
    assert proxy.keys == [plain_key(settings.state_dir)]


def test_the_key_goes_to_a_loopback_address(proxy, key):
    client.server(url_of(proxy), load_settings())
    assert proxy.keys == [key]


def test_the_key_goes_nowhere_else(proxy, key, monkeypatch):
    monkeypatch.setattr(client, "is_loopback", lambda url: False)
    client.server(url_of(proxy), load_settings())
    assert proxy.keys == [None]


def test_no_redirect_takes_the_key_on(proxy, key):
    with _Server("127.0.0.1") as other:
        threading.Thread(target=other.handle_request).start()
        proxy.answer, proxy.elsewhere = (302, b""), f"{url_of(other)}/health"
        client.server(url_of(proxy), load_settings())
    assert (proxy.keys, other.keys) == ([key], [None])


def test_without_a_key_there_is_none_to_send(proxy):
    client.server(url_of(proxy), load_settings())
    assert proxy.keys == [None]


def test_a_host_name_may_begin_with_health():
    assert (
        client._health_url("http://health.test") == "http://health.test/health/detailed"
    )
