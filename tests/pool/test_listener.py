"""The listener of self-tests: it takes whole requests on its own path, no others."""

import socket

import requests

from app.pool.listener import Listener

EVENTS = [{"type": "message_start"}, {"type": "message_stop"}]


def test_the_first_request_is_answered_and_later_ones_are_refused():
    with Listener(EVENTS) as listener:
        url = f"{listener.url}/v1/messages?beta=true"
        first = requests.post(url, json={"a": 1}, timeout=10)
        later = requests.post(url, data=b"[", timeout=10)
    assert (first.status_code, later.status_code) == (200, 400)
    assert first.text.count("event: ") == 2
    assert listener.bodies == [{"a": 1}, None]


def test_whoever_does_not_know_its_path_is_not_heard():
    with Listener(EVENTS) as listener:
        url = f"http://127.0.0.1:{listener.server_port}/v1/messages"
        assert requests.post(url, json={}, timeout=10).status_code == 404
    assert listener.bodies == []


def test_half_a_request_is_none():
    with Listener(EVENTS) as listener:
        address = ("127.0.0.1", listener.server_port)
        with socket.create_connection(address, timeout=10) as client:
            path = f"{listener.path}/v1/messages"
            head = f"POST {path} HTTP/1.1\r\nContent-Length: 9\r\n\r\n"
            client.sendall(head.encode() + b'{"a"')
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""
    assert listener.bodies == []
