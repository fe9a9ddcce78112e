"""Whether the client is still there, by its socket alone."""

import socket
import struct
from collections.abc import Iterator
from contextlib import closing

import pytest

from app.messages.client import Client
from tests.support.waiting import wait_until

Pair = tuple[Client, socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Return what watches, our end and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        ours = listener.accept()[0]
        with closing(client), closing(ours):
            yield Client(ours, http_1_1=True), ours, client


def test_a_client_that_waits_is_there(pair: Pair):
    assert not pair[0].is_gone()


def test_bytes_of_the_next_request_say_nothing_and_stay(pair: Pair):
    watched, ours, client = pair
    client.sendall(b"GET / HTTP/1.1\r\n")
    assert not watched.is_gone()
    assert ours.recv(100) == b"GET / HTTP/1.1\r\n"


def test_a_client_that_closed_is_gone(pair: Pair):
    watched, _, client = pair
    client.close()
    assert wait_until(watched.is_gone, 1)


def test_so_is_one_that_sent_its_next_request_before(pair: Pair):
    watched, _, client = pair
    client.sendall(b"GET / HTTP/1.1\r\n")
    client.close()
    assert wait_until(watched.is_gone, 1)


def test_so_is_one_that_reset_the_connection(pair: Pair):
    watched, _, client = pair
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    assert wait_until(watched.is_gone, 1)


def test_one_that_closed_its_own_direction_only_is_there(pair: Pair):
    watched, _, client = pair
    client.shutdown(socket.SHUT_WR)
    assert not any(watched.is_gone() for _ in range(5))
    assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_it_is_asked_once_a_second_and_not_more(pair: Pair):
    watched, _, client = pair
    client.shutdown(socket.SHUT_WR)
    assert watched.is_to_be_asked()
    assert not watched.is_to_be_asked()


def test_in_an_answer_it_is_asked_by_who_writes_that(pair: Pair):
    watched, _, client = pair
    watched.begin_answer()
    client.close()
    assert not watched.is_gone()
    assert watched.is_to_be_asked()


def test_an_older_client_is_sent_nothing_it_does_not_know(pair: Pair):
    _, ours, client = pair
    client.shutdown(socket.SHUT_WR)
    assert not Client(ours, http_1_1=False).is_gone()
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(1)


def test_a_connection_of_ours_that_is_closed_has_no_client(pair: Pair):
    pair[1].close()
    assert pair[0].is_gone()


def test_a_server_that_shows_no_connection_has_clients_that_stay():
    assert not Client(None, http_1_1=True).is_gone()
