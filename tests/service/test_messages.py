"""The Messages API through a real server, the real CLI and a stub as its upstream."""

import json
import os
import socket
import subprocess
import time
from typing import Any

import pytest
import requests

from tests.messages.test_request import LEAST, LOST_FIELDS
from tests.support.upstream import Answer, message, tool_use
from tests.support.waiting import wait_until

KEY = {"x-api-key": "k3y"}
DOOR, OPENAIS = "/v1/messages", "/v1/chat/completions"
DOORS = pytest.mark.parametrize("door", [DOOR, OPENAIS])
SLOW = Answer([*message("word " * 3)], pause=5.0)


@pytest.fixture
def service(serve, real_claude, upstream):
    return serve(CLAUDE_CLI_PATH=str(real_claude), PROXY_API_KEY="k3y")


def ask(service, body: Any = LEAST, door: str = DOOR, **more: Any) -> requests.Response:
    """Ask by a door; the least of the one API is a request of the other as well."""
    url = f"{service.url}{door}"
    return requests.post(url, json=body, headers=KEY, timeout=30, **more)


def connect(service) -> socket.socket:
    host, port = service.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def send(connection: socket.socket, body: Any, *headers: str, door: str = DOOR) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [f"POST {door} HTTP/1.1", "Host: localhost", "x-api-key: k3y", *headers]
    if not any(each.startswith("Content-Length") for each in headers):
        head.append(f"Content-Length: {len(data)}")
    connection.sendall("\r\n".join([*head, "", ""]).encode() + data)


def test_one_request_in_is_one_request_upstream(service, upstream):
    for number in range(3):
        upstream.always(Answer(message(f"Answer {number}.")))
        said = ask(service).json()["content"][0]["text"]
        assert said == f"Answer {number}."
    assert len(upstream.requests) == 3


def test_what_passes_arrives_and_what_the_cli_would_lose_is_refused(
    serve, real_claude, upstream
):
    options = {"UNKNOWN_FIELDS": "pass", "PROXY_API_KEY": "k3y"}
    service = serve(CLAUDE_CLI_PATH=str(real_claude), **options)
    assert ask(service, LEAST | {"new": {"a": [1]}}).status_code == 200
    said = {name: ask(service, LEAST | {name: "a"}) for name in LOST_FIELDS}
    assert [body["new"] for body in upstream.requests] == [{"a": [1]}]
    assert {answer.status_code for answer in said.values()} == {400}
    for name, answer in said.items():
        assert answer.json()["error"]["message"].startswith(f"{name}: ")


def test_a_stream_comes_as_it_is_written(service, upstream):
    upstream.always(Answer(message("a b"), pause=0.3))
    with ask(service, LEAST | {"stream": True}, stream=True) as answer:
        lines = ((line, time.monotonic()) for line in answer.iter_lines(1))
        came = [(line[7:].decode(), at) for line, at in lines if b"event: " in line]
    assert [name for name, _ in came][:2] == ["message_start", "content_block_start"]
    assert came[-1][1] - came[0][1] > 1.0  # five pauses, and none of them at the end


@DOORS
@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_away_ends_the_request_upstream(
    service, upstream, stream, door
):
    upstream.always(SLOW)
    with connect(service) as connection:
        send(connection, LEAST | {"stream": stream}, door=door)
        wait_until(lambda: upstream.requests)
        if stream:
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        gone = time.monotonic()
    seen = wait_until(lambda: upstream.gone)[0]
    assert seen - gone < 1.0


@DOORS
def test_so_does_one_that_goes_away_while_the_upstream_is_silent(
    service, upstream, door
):
    upstream.always(Answer(hangs=True))
    with connect(service) as connection:
        send(connection, LEAST, door=door)
        wait_until(lambda: upstream.requests)
        gone = time.monotonic()
    assert wait_until(lambda: upstream.gone)[0] - gone < 1.0


def test_half_a_close_ends_nothing(service, upstream):
    upstream.always(Answer(message("Still here."), pause=0.3))
    with connect(service) as connection:
        send(connection, LEAST)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert b"Still here." in answer
    assert b'"stop_reason":"end_turn"' in answer


def test_a_next_request_that_comes_early_ends_nothing(service, upstream):
    upstream.always(Answer(message("First."), pause=0.2))
    with connect(service) as connection:
        send(connection, LEAST)
        connection.sendall(
            b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nx-api-key: k3y\r\n\r\n"
        )
        answer = b""
        while b'"has_more"' not in answer:
            answer += connection.recv(65536) or pytest.fail("it was closed")
    assert answer.index(b"First.") < answer.index(b'"has_more"')


def test_who_waits_for_a_process_and_goes_away_is_not_asked_for(
    serve, real_claude, upstream
):
    options = {"POOL_MAX": "1", "PROXY_API_KEY": "k3y"}
    service = serve(CLAUDE_CLI_PATH=str(real_claude), **options)
    upstream.always(Answer(message(), pause=0.5))
    with connect(service) as first:
        send(first, LEAST)
        wait_until(lambda: upstream.requests)
        with connect(service) as second:
            send(second, LEAST | {"system": "the second"})
        assert b"200 OK" in first.recv(100)
    wait_until(lambda: " status=499 " in service.log)
    assert len(upstream.requests) == 1


def test_a_body_is_wanted_only_of_who_may_ask(serve, real_claude):
    service = serve(CLAUDE_CLI_PATH=str(real_claude), PROXY_API_KEY="another")
    with connect(service) as connection:
        length = f"Content-Length: {10 << 20}"
        send(connection, b"", length, "Expect: 100-continue")
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"\r\nConnection: close\r\n" in answer


def test_a_body_that_is_wanted_is_asked_for(service, upstream):
    data = json.dumps(LEAST).encode()
    with connect(service) as connection:
        length = f"Content-Length: {len(data)}"
        send(connection, b"", length, "Expect: 100-continue")
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(data)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_body_that_does_not_come_is_not_waited_for(serve, real_claude):
    options = {"BODY_TIMEOUT_SECONDS": "0.5", "PROXY_API_KEY": "k3y"}
    service = serve(CLAUDE_CLI_PATH=str(real_claude), **options)
    with connect(service) as connection:
        send(connection, b"{", "Content-Length: 100")
        for _ in range(4):
            connection.sendall(b" ")
            time.sleep(0.05)
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_a_body_in_chunks(service, upstream):
    pieces = (piece.encode() for piece in ("", json.dumps(LEAST)) if piece)
    url = f"{service.url}/v1/messages"
    answer = requests.post(url, data=pieces, headers=KEY, timeout=30)
    assert answer.json()["type"] == "message"


def test_the_models_are_those_that_the_cli_offers(
    serve, real_claude, upstream, monkeypatch
):
    monkeypatch.setenv("ANTHROPIC_DEFAULT_SONNET_MODEL", "claude-sonnet-4-5")
    options = {"POOL_SPARES": "1", "PROXY_API_KEY": "k3y"}
    service = serve(CLAUDE_CLI_PATH=str(real_claude), **options)
    path = "/v1/models/claude-sonnet-4-5"
    wait_until(lambda: service.get(path, headers=KEY).status_code == 200, 30)


def test_claude_code_is_a_client(service, upstream, real_claude, tmp_path):
    """It uses its own tools here: the model asks for one, and it answers with it."""
    file = tmp_path / "note.txt"
    file.write_text("xyzzy-4711")
    use = Answer(tool_use("Read", {"file_path": str(file)}))
    upstream.script = lambda body: (
        use
        if "xyzzy-4711" not in json.dumps(body["messages"])
        else Answer(message("Read."))
    )
    client = {
        "ANTHROPIC_BASE_URL": service.url,
        "ANTHROPIC_API_KEY": "k3y",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    said = subprocess.run(
        [real_claude, "-p", "Read my note.", "--allowedTools", "Read"],
        env=os.environ | client,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert said.stdout == "Read.\n"
    asked = [body for body in upstream.requests if "Read my note." in json.dumps(body)]
    assert len(asked) == 2
    assert {tool["name"] for tool in asked[0]["tools"]} >= {"Bash", "Read", "Edit"}
