"""What the processes of this server use."""

import os
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def workers(server: int) -> list[int]:
    """Return the pids of the server's workers; none where there is no /proc."""
    try:
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in children]


def resident_bytes(server: int) -> int:
    """Return the memory of the master and its workers; 0 where there is no /proc."""
    return sum(_resident(pid) for pid in (server, *workers(server)))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0
