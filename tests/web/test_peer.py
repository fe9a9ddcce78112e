"""The kernel's word about real connections, of this user and of others."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from app.web import peer
from app.web.peer import is_own_user

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be others")
OTHER, OVERFLOW = 12345, 65534


@pytest.fixture
def connect() -> Iterator:
    """Connect to a listener of ours; return the client's end and the server's."""
    with ExitStack() as opened:

        def connect(listen="127.0.0.1", to=None) -> tuple[socket.socket, socket.socket]:
            six = ":" in listen
            family = socket.AF_INET6 if six else socket.AF_INET
            listener = opened.enter_context(
                socket.create_server((listen, 0), family=family, dualstack_ipv6=six)
            )
            address = (to or listen, listener.getsockname()[1])
            client = opened.enter_context(socket.create_connection(address))
            return client, opened.enter_context(listener.accept()[0])

        yield connect


def answer_as(uid: int, connection: socket.socket) -> bool:
    """Ask as another user."""
    os.seteuid(uid)
    try:
        return is_own_user(connection)
    finally:
        os.seteuid(0)


@contextmanager
def connection_of(uid: int, to: str = "127.0.0.1") -> Iterator[socket.socket]:
    """Accept a connection that a process of another user has made."""
    with socket.create_server(
        ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True
    ) as listener:
        script = f"exec 3<>/dev/tcp/{to}/{listener.getsockname()[1]}; read"
        command = ["bash", "-c", script]
        with subprocess.Popen(command, user=uid, stdin=subprocess.PIPE) as client:
            served, _ = listener.accept()
            with served:
                yield served
            client.communicate(b"\n")


@pytest.mark.parametrize(
    ("listen", "to"),
    [
        ("127.0.0.1", None),
        ("::1", None),
        ("::", "::1"),
        ("::", "127.0.0.1"),
        ("::", "::ffff:127.0.0.1"),
    ],
)
def test_our_own_connection_is_ours(connect, listen, to):
    _, served = connect(listen, to)
    assert is_own_user(served)


@AS_ROOT
@pytest.mark.parametrize("to", ["127.0.0.1", "::1"])
def test_another_users_connection_is_not(to):
    with connection_of(OTHER, to) as served:
        assert not is_own_user(served)
        assert answer_as(OTHER, served)


@AS_ROOT
def test_roots_connection_is_no_evidence_to_another_user(connect):
    _, served = connect()
    assert not answer_as(OTHER, served)


@AS_ROOT
def test_who_runs_as_the_overflow_user_has_no_user_of_its_own(monkeypatch, connect):
    _, served = connect()
    monkeypatch.setattr(peer, "_overflow_uid", os.geteuid)
    assert not is_own_user(served)


@AS_ROOT
def test_the_overflow_user_is_the_kernels():
    with connection_of(OVERFLOW) as served:
        assert not answer_as(OVERFLOW, served)


@pytest.mark.parametrize("end", ["close", "half_close", "reset"])
def test_an_ended_connection_is_nobodys(connect, end):
    client, served = connect()
    if end == "half_close":
        client.shutdown(socket.SHUT_WR)
    if end == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    if end != "half_close":
        client.close()
    assert not is_own_user(served)


def test_an_end_that_no_process_has_taken_yet_is_nobodys():
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        assert not is_own_user(client)  # established, and the uid is root's
        with listener.accept()[0]:
            assert is_own_user(client)


def test_a_unix_socket_has_no_answer():
    left, right = socket.socketpair()
    with left, right:
        assert not is_own_user(left)


def test_without_netlink_nobody_is_known(connect, monkeypatch):
    monkeypatch.delattr(socket, "AF_NETLINK")
    assert not is_own_user(connect()[1])


def test_where_the_kernel_refuses_nobody_is_known(connect, monkeypatch):
    monkeypatch.setattr(peer, "_SOCK_DIAG", 31)  # a protocol it does not have
    assert not is_own_user(connect()[1])


def test_a_kernel_that_does_not_answer_is_not_waited_for(connect, monkeypatch):
    monkeypatch.setattr(peer, "_REQUEST", 0)  # which it ignores
    assert not is_own_user(connect()[1])


def test_without_proc_nobody_is_known(connect, monkeypatch, tmp_path):
    peer._overflow_uid.cache_clear()
    monkeypatch.setattr(peer, "_OVERFLOW_UID", tmp_path / "none")
    assert not is_own_user(connect()[1])


def test_asking_leaves_no_descriptor(connect):
    _, served = connect()
    folder = Path("/proc/self/fd")
    before = sorted(folder.iterdir())
    assert all(is_own_user(served) for _ in range(50))
    assert sorted(folder.iterdir()) == before
