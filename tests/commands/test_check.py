"""Answers that are none, and the check without a server: `claude-proxy check`."""

import json
import socket
import threading
import time

import pytest
from click.testing import CliRunner

from app.commands import client, main


@pytest.fixture
def raw():
    """Serve raw bytes to one caller, then hang up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer(*parts: bytes, every: float = 0.0) -> str:
            def talk():
                caller, _ = server.accept()
                with caller:
                    caller.recv(65536)
                    for part in parts:
                        try:
                            caller.sendall(part)
                        except OSError:
                            return
                        time.sleep(every)

            threading.Thread(target=talk, daemon=True).start()
            return f"http://127.0.0.1:{server.getsockname()[1]}"

        yield answer


def run(*words):
    return CliRunner().invoke(main.main, words)


def test_an_error_cut_off_half_way_could_not_be_asked(raw):
    url = raw(b"HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{")
    result = run("check", "--url", url)
    assert result.exit_code == 2, repr(result.exception)


def test_an_ok_cut_off_half_way_could_not_be_asked(raw):
    url = raw(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{")
    result = run("check", "--url", url)
    assert result.exit_code == 2, repr(result.exception)


def test_an_error_that_never_ends_could_not_be_asked(raw, monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 0.2)
    head = b"HTTP/1.1 503 X\r\nContent-Length: 100\r\n\r\n"
    result = run("check", "--url", raw(head, b"{", every=1))
    assert result.exit_code == 2, repr(result.exception)


def test_deeply_nested_json_is_garbage(raw):
    head = b"HTTP/1.1 200 X\r\n\r\n"
    result = run("check", "--url", raw(head, b"[" * 60000))
    assert result.exit_code == 2, repr(result.exception)


@pytest.mark.parametrize("status", [b"200", b"503"])
@pytest.mark.parametrize(
    ("header", "drop"),
    [
        (b"Content-Length: 1000", b" "),
        (b"Connection: close", b" "),
        (b"Transfer-Encoding: chunked", b"1\r\n \r\n"),
    ],
)
def test_a_dripping_server_is_given_up_after_the_time_allowed(
    raw, monkeypatch, status, header, drop
):
    monkeypatch.setattr(client, "SECONDS", 0.3)
    head = b"HTTP/1.1 %b X\r\n%b\r\n\r\n" % (status, header)
    began = time.monotonic()
    result = run("check", "--url", raw(head, *[drop] * 20, every=0.1))
    assert (result.exit_code, time.monotonic() - began < 1) == (2, True)


def test_a_body_without_status_could_not_be_asked(raw):
    head = b"HTTP/1.1 200 X\r\n\r\n"
    result = run("check", "--url", raw(head, b'{"service":"claude-proxy"}'))
    assert result.exit_code == 2


def test_local_asks_the_cli_once(fake_claude):
    assert run("check", "--local").exit_code == 0
    time.sleep(1.5)
    assert [call["argv"] for call in fake_claude.calls] == [
        ["--version"],
        ["auth", "status"],
    ]


def test_local_leaves_nothing_behind(fake_claude, tmp_path):
    assert run("check", "--local").exit_code == 0
    assert len(fake_claude.processes) == 1
    assert list((tmp_path / "state").glob("claude-pool-*")) == []


def test_local_json_is_clean_at_debug(fake_claude, monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    json.loads(run("check", "--local", "--json").stdout)


def test_local_as_never_still_shows(fake_claude, monkeypatch):
    monkeypatch.setenv("HEALTH_DETAILS", "never")
    body = json.loads(run("check", "--local", "--json").stdout)
    assert "path" in body["components"]["claude_cli"]


def test_headers_that_drip_are_given_up_too(raw, monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 0.3)
    began = time.monotonic()
    result = run(
        "check", "--url", raw(b"HTTP/1.1 200 X\r\nA: ", *[b"a"] * 20, every=0.1)
    )
    assert (result.exit_code, time.monotonic() - began < 1) == (2, True)
