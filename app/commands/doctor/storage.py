"""STATE_DIR: whose it is, on what it lies, and how many files may be open."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from app.claude.mounts import MOUNTS, mount_points
from app.commands.doctor.finding import Case, Finding, Name, bad, ok, warn
from app.server.limits import connections

_NETWORK = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "9p", "afs", "coda"),
        *("ceph", "glusterfs", "lustre", "gpfs", "beegfs", "ocfs2", "gfs2", "orangefs"),
        *("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.ceph"),
    }
)
_LEAST_ROOM = 64 << 20  # bytes


def examine_storage(case: Case) -> Iterator[Finding]:
    """Look at the folder that workers share, and at the limit of open files."""
    folder = case.settings.state_dir
    yield _state_dir(folder)
    yield _file_system(folder)
    yield _open_files(case.settings.max_connections)


def _state_dir(folder: Path) -> Finding:
    name = Name.STATE_DIR
    if not folder.exists():
        return ok(name, f"{folder}: made at the first start")
    about = folder.stat()
    seen = f"{folder}: owner {about.st_uid}, mode {stat.S_IMODE(about.st_mode):04o}"
    if about.st_uid != os.geteuid():
        remedy = "Give it to the proxy's user (chown -R), or run this as that user."
        return bad(name, seen, remedy)
    if about.st_mode & 0o077:
        return warn(name, seen, "Other users may look into it: chmod 700.")
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    seen += f", {free >> 20} MiB free"
    if free < _LEAST_ROOM:
        return warn(name, seen, "Make room: the history and the counts are kept there.")
    return ok(name, seen)


def _file_system(folder: Path) -> Finding:
    name = Name.STATE_FILESYSTEM
    try:
        kind = file_system(folder, MOUNTS.read_text(errors="replace"))
    except OSError:
        remedy = "See yourself that STATE_DIR is on a disk of this machine."
        return warn(name, "not told by this system", remedy)
    if kind in _NETWORK:
        remedy = (
            "Set STATE_DIR to a folder on a disk of this machine: locks and SQLite are"
            " not reliable there, and another host may share it."
        )
        return warn(name, f"{kind}, a network file system", remedy)
    return ok(name, kind)


def file_system(folder: Path, mounts: str) -> str:
    """Return the type of the file system a folder is on, by ``mountinfo``'s lines."""
    found, longest = "unknown", -1
    real = Path(os.path.realpath(folder))
    for place, kind in mount_points(mounts):
        # Of two at one place the later one hides the other.
        if real.is_relative_to(place) and len(place.parts) >= longest:
            found, longest = kind, len(place.parts)
    return found


def _open_files(wanted: int) -> Finding:
    got = connections(wanted)
    if got < wanted:
        remedy = (
            "Raise the limit (ulimit -n, LimitNOFILE=, --ulimit nofile=), or lower"
            " MAX_CONNECTIONS."
        )
        return warn(Name.OPEN_FILES, f"room for {got} of {wanted} connections", remedy)
    return ok(Name.OPEN_FILES, f"room for {wanted} connections")
