"""Asks the kernel whose socket is at the other end of a connection on this machine.

Linux only, by ``sock_diag(7)``: one message there and one back, about one connection.
Where the kernel cannot be asked (another system, netlink forbidden) nobody is known.
Written by hand: the libraries that ask this (pyroute2) list all sockets and bring all
of netlink with them; what is needed of it are the 72 bytes below.
"""

import os
import socket
import struct
from functools import cache
from pathlib import Path

_SOCK_DIAG, _BY_FAMILY, _REQUEST = 4, 20, 1  # linux/netlink.h, linux/sock_diag.h
_ESTABLISHED = 1  # linux/tcp.h
_ANY_DEVICE, _ANY_COOKIE = 0, 0xFFFFFFFF
_SECONDS = 0.1  # the kernel answers while it is being asked: in 8 µs
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_QUESTION = struct.Struct("=BBBxI")  # struct inet_diag_req_v2, up to its id
_ENDS = struct.Struct("!HH16s16s")  # its id: ports and addresses
_MORE = struct.Struct("=III")  # the id's device and cookie
_ANSWER = struct.Struct("=BB50xIIIII")  # struct inet_diag_msg, without its id
_OVERFLOW_UID = Path("/proc/sys/kernel/overflowuid")


def is_own_user(connection: socket.socket) -> bool:
    """Tell whether the client of this TCP connection is a process of our own user.

    Only what the kernel says is believed; without its word the answer is False. A user
    namespace shows every user it does not know as one, the overflow user: who runs as
    that one has no user of its own.
    """
    own = os.geteuid()
    try:
        return own != _overflow_uid() and own == _owner_of_client(connection)
    except (OSError, ValueError, struct.error):
        return False


@cache
def _overflow_uid() -> int:
    return int(_OVERFLOW_UID.read_text())


def _owner_of_client(connection: socket.socket) -> int | None:
    """Return the uid of the client's socket; None where no process holds it open."""
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return None
    answer = _ask_kernel(_question(connection))
    if _HEADER.unpack_from(answer)[1] != _BY_FAMILY:  # an error: it has ended
        return None
    _, state, *_, uid, inode = _ANSWER.unpack_from(answer, _HEADER.size)
    held = state == _ESTABLISHED and inode != 0
    return int(uid) if held else None


def _question(connection: socket.socket) -> bytes:
    """Write the question for the socket whose own end is our peer."""
    family = connection.family
    peer, peer_port = connection.getpeername()[:2]
    here, port = connection.getsockname()[:2]
    addresses = (socket.inet_pton(family, address) for address in (peer, here))
    body = (
        _QUESTION.pack(family, socket.IPPROTO_TCP, 0, 1 << _ESTABLISHED)
        + _ENDS.pack(peer_port, port, *addresses)
        + _MORE.pack(_ANY_DEVICE, _ANY_COOKIE, _ANY_COOKIE)
    )
    return _HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, _REQUEST, 1, 0) + body


def _ask_kernel(question: bytes) -> bytes:
    """Send one message to the kernel and return its answer.

    Raises:
        OSError: it cannot be asked, or did not answer within 0.1 s.
    """
    if not hasattr(socket, "AF_NETLINK"):
        raise OSError("no netlink here")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG) as kernel:
        kernel.settimeout(_SECONDS)
        kernel.connect((0, 0))  # to the kernel: nobody else's message comes in
        kernel.send(question)
        return kernel.recv(4096)
