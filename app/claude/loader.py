"""Whether a program could be started here at all: its loader has to be there.

A CLI made for another libc (musl on glibc, or the other way round) names a loader that
is missing; the kernel then says no more than "No such file or directory".
"""

import struct
from pathlib import Path

_HEADER = struct.Struct("<16xHHIQQQIHHHHHH")  # of a 64-bit ELF file, little-endian
_SEGMENT = struct.Struct("<IIQQQQQQ")
_MAGIC = b"\x7fELF\x02\x01"
_NAMES_LOADER = 3  # PT_INTERP


def made_for_another(program: Path) -> str | None:
    """Say that a program is made for another libc, and what to do; None where not."""
    loader = missing_loader(program)
    return loader and (
        f"{program} cannot run here: it is made for another libc, whose loader {loader}"
        " is missing. Install the Claude CLI that is made for this system."
    )


def missing_loader(program: Path) -> str | None:
    """Return the loader that a program names and that is not here.

    None where it is here, where none is named (a script, a static program), and where
    the file cannot be read.
    """
    try:
        with program.open("rb") as file:
            head = file.read(_HEADER.size)
            if not head.startswith(_MAGIC):
                return None
            _, _, _, _, offset, *_, size, count, _, _, _ = _HEADER.unpack(head)
            for at in range(count):
                file.seek(offset + at * size)
                kind, _, place, _, _, length, _, _ = _SEGMENT.unpack(
                    file.read(_SEGMENT.size)
                )
                if kind == _NAMES_LOADER:
                    file.seek(place)
                    loader = file.read(length).split(b"\0")[0].decode()
                    return None if Path(loader).exists() else loader
    except (OSError, ValueError, struct.error):
        return None
    return None
