"""Whether the API's host is reached, and what its clock says of ours."""

import gc
import socket
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.commands.doctor import upstream
from app.commands.doctor.finding import Level
from app.commands.doctor.upstream import examine_upstream
from tests.support.rude import RUDE, RudeServer


@pytest.fixture
def server(monkeypatch):
    with RudeServer() as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", f"{server.url}/some/path")
        yield server


def dated(**off: float):
    date = format_datetime(datetime.now(UTC) + timedelta(**off), usegmt=True)
    head = f"HTTP/1.1 404 X\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n".encode()
    return lambda connection: connection.sendall(head)


def test_an_upstream_that_answers_is_reached_and_costs_nothing(found, api):
    said = found(examine_upstream)["upstream"]
    assert said.level is Level.OK
    assert said.seen.startswith(api.url)
    assert api.requests == []


def test_any_answer_is_an_answer(found, server):
    server.behaviour = dated()
    assert found(examine_upstream)["upstream"].level is Level.OK


def test_a_redirect_is_not_followed(found, server):
    head = b"HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\n\r\n"
    server.behaviour = lambda connection: connection.sendall(head)
    assert found(examine_upstream)["upstream"].level is Level.OK


@pytest.mark.parametrize("rude", ["hang", "reset", "garbage"])
def test_a_rude_upstream_is_told_in_time(found, server, monkeypatch, rude):
    monkeypatch.setattr(upstream, "_SECONDS", 0.5)
    server.behaviour = RUDE[rude]
    assert found(examine_upstream)["upstream"].level is Level.BAD


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("http://127.0.0.1:1", "Connection refused"),
        ("nonsense", "no address"),
        ("ftp://127.0.0.1", "no address"),
        ("http://127.0.0.1:x", "no address"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(found, monkeypatch, url, seen):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
    assert seen in found(examine_upstream)["upstream"].seen


def test_no_tls_where_there_should_be_is_told(found, server, monkeypatch):
    address = server.url.replace("http:", "https:")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    assert found(examine_upstream)["upstream"].level is Level.BAD


def test_an_http_proxy_that_refuses_is_told_by_its_status(found, monkeypatch):
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
    with RudeServer() as proxy:
        proxy.behaviour = lambda connection: connection.sendall(refusal)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://api.test")
        said = found(examine_upstream)["upstream"]
    assert "the HTTP proxy refuses the way there (HTTP status 407)" in said.seen


def test_a_failure_is_not_kept(found, monkeypatch):
    """Its traceback may hold a socket that Python (3.11.2) left open."""
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    gc.collect()
    found(examine_upstream)
    assert not [e for e in gc.get_objects() if isinstance(e, ConnectionRefusedError)]


def test_no_credentials_are_sent(found, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "planted-key")
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                heard.append(connection.recv(65536))

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://me:planted-key@127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        list(found(examine_upstream))
        thread.join()
    assert heard[0].startswith(b"HEAD / HTTP/1.1\r\n")
    assert b"planted-key" not in heard[0]
    assert b"Authorization" not in heard[0]


def test_another_cloud_is_not_looked_at(found, monkeypatch):
    monkeypatch.setenv("CLAUDE_CODE_USE_BEDROCK", "1")
    assert found(examine_upstream)["upstream"].seen.startswith("not looked at")


@pytest.mark.parametrize(
    ("off", "level"),
    [({"seconds": 0}, "ok"), ({"minutes": 3}, "warn"), ({"hours": -2}, "bad")],
)
def test_the_clock_is_held_against_the_upstreams(found, server, off, level):
    server.behaviour = dated(**off)
    assert found(examine_upstream)["clock"].level == level


def test_without_another_clock_only_the_past_is_known(found, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    said = found(examine_upstream)["clock"]
    assert (said.level, "no other clock" in said.seen) == (Level.OK, True)


def test_a_clock_before_the_installation_is_wrong(found, monkeypatch, tmp_path):
    class Earlier(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2001, 1, 1, tzinfo=UTC)

    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(upstream, "datetime", Earlier)
    assert found(examine_upstream)["clock"].level is Level.BAD
