"""A socket whose answers wait for a reader, and headers as they come."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import InvalidRequestLine, LimitRequestHeaders

from app.server.connection import Connection, SlowlyRead


@pytest.fixture
def pair() -> Iterator[tuple[Connection, socket.socket]]:
    ours, theirs = socket.socketpair()
    addresses = (("127.0.0.1", 1), ("127.0.0.1", 2))
    connection = Connection(Config(), ours, addresses, lambda: False)
    with theirs:
        yield connection, theirs
    connection.close()


def test_what_nobody_reads_is_given_up(pair):
    connection, _ = pair
    connection.sock.patience = 0.1
    with pytest.raises(BrokenPipeError):
        connection.sock.sendall(bytes(1 << 24))


def test_a_socket_with_a_full_buffer_is_not_writable(pair):
    connection, _ = pair
    assert connection.sock.is_writable()
    with suppress(BlockingIOError):
        while connection.sock.send(bytes(65536)):
            pass
    assert not connection.sock.is_writable()


def test_the_socket_is_taken_over_whole(pair):
    connection, theirs = pair
    assert isinstance(connection.sock, SlowlyRead)
    connection.sock.sendall(b"all")
    assert theirs.recv(9) == b"all"


def test_headers_are_whole_wherever_they_are_cut(pair):
    connection, _ = pair
    whole = []
    for byte in b"GET / HTTP/1.1\r\nA: b\r\n\r\n":
        connection.collected.append(byte)
        whole.append(connection.has_whole_headers(99))
    assert whole == [False] * (len(whole) - 1) + [True]


@pytest.mark.parametrize(
    ("collected", "error"),
    [
        (b"a" * 100, LimitRequestHeaders),
        (b"GET / HTTP/1.1\n", InvalidRequestLine),
        (b"\x16\x03\x01", InvalidRequestLine),
    ],
)
def test_what_will_never_be_headers_is_told(pair, collected, error):
    connection, _ = pair
    connection.collected += collected
    with pytest.raises(error):
        connection.has_whole_headers(99)


def test_a_line_without_cr_is_found_across_two_pieces(pair):
    connection, _ = pair
    connection.collected += b"GET / HTTP/1.1\r"
    assert not connection.has_whole_headers(99)
    connection.collected += b"\nA: b\n"
    with pytest.raises(InvalidRequestLine):
        connection.has_whole_headers(99)
