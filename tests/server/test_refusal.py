"""The refusal of what is no request, on a raw socket."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus

import pytest
from gunicorn.http import errors

from app.contract.problem import ProblemSchema
from app.server.refusal import refuse, status_of


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_refusal_has_the_shape_of_all_problems(pair):
    ours, theirs = pair
    refuse(ours, HTTPStatus.BAD_REQUEST)
    head, _, body = theirs.recv(4096).decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n")
    assert f"Content-Length: {len(body)}" in head
    assert not ProblemSchema().validate(json.loads(body))


def test_who_does_not_read_is_not_waited_for(pair):
    ours, _ = pair
    with suppress(BlockingIOError):
        while ours.send(bytes(65536), socket.MSG_DONTWAIT):
            pass
    said = (ours, HTTPStatus.BAD_REQUEST)
    refusing = threading.Thread(target=refuse, args=said, daemon=True)
    refusing.start()
    refusing.join(5)
    assert not refusing.is_alive()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.LimitRequestHeaders(""), 431),
        (errors.LimitRequestLine(9, 8), 414),
        (errors.UnsupportedTransferCoding(""), 501),
        (errors.InvalidHeader(""), 400),
        (ValueError(), None),
    ],
)
def test_the_status_says_what_was_wrong(error, status):
    assert status_of(error) == status
