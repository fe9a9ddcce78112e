"""What is mounted where, as Linux tells it."""

import re
from collections.abc import Iterator
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")


def mount_points(mounts: str) -> Iterator[tuple[Path, str]]:
    """Yield each mount's place and the type of its file system, by the file's lines."""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        words = left.split()
        if len(words) >= 5 and right:
            yield Path(re.sub(r"\\([0-7]{3})", _character, words[4])), right.split()[0]


def _character(octal: re.Match[str]) -> str:
    return chr(int(octal[1], 8))
