"""The file of named keys: ``name key [limits]`` a line; read whole or not at all.

No sentence about it shows a word of it, since any word may be a key in a wrong place.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from app.callers.caller import LOCAL, OPERATOR, Allowance, Caller

_NAME = re.compile(r"[a-z0-9-]{1,32}")
_LIMIT = re.compile(r"(parallel|per-minute|tokens-per-day)=([1-9][0-9]{0,14})")
_SHORTEST_KEY = 16  # so that a name in the place of a key is noticed
_LARGEST = 1 << 20  # bytes
_MOST_CALLERS = 1000
_MOST = {"parallel": 1024, "per-minute": 10_000, "tokens-per-day": 10**15}


class UnusableFile(Exception):
    """The file cannot be used; ``problems`` has a sentence for each reason."""

    def __init__(self, problems: list[str]) -> None:
        """Keep them all, since they are told together."""
        super().__init__(" ".join(problems))
        self.problems = problems


def read_callers(file: Path, operator: bytes | None = None) -> tuple[Caller, ...]:
    """Return the callers of a file that only this user can read, or root shows it.

    ``operator`` is the digest of the operator's key, which no caller may have.

    Raises:
        UnusableFile: with every problem; lines are named, their words are not.
    """
    try:
        text = _read(file)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise UnusableFile([f"{file}: {reason}."]) from None
    return parse(text, operator)


def parse(text: bytes, operator: bytes | None = None) -> tuple[Caller, ...]:
    """Return the callers of such a file's content.

    Raises:
        UnusableFile: see ``read_callers``.
    """
    callers: list[Caller] = []
    problems: list[str] = []
    for number, line in enumerate(text.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        words = line.split()
        if not words or words[0].startswith(b"#"):
            continue
        try:
            callers.append(_caller(words, callers, operator))
        except ValueError as error:
            problems.append(f"Line {number}: {error}")
        if len(callers) > _MOST_CALLERS:
            problems.append(f"There are more than {_MOST_CALLERS:,} names.")
            break
    if problems:
        raise UnusableFile(problems)
    return tuple(callers)


def _caller(
    words: list[bytes], before: Iterable[Caller], operator: bytes | None
) -> Caller:
    """Read one line; what is wrong with it is a ValueError that shows none of it."""
    name = words[0].decode(errors="replace")
    if not _NAME.fullmatch(name):
        raise ValueError("A name is 1 to 32 of a-z, 0-9 and '-'.")
    if name in (OPERATOR, LOCAL):
        raise ValueError(f"The names '{OPERATOR}' and '{LOCAL}' are the proxy's own.")
    if any(each.name == name for each in before):
        raise ValueError("Its name stands in a line above already.")
    digest = _digest(words[1:2])
    if digest == operator:
        raise ValueError("Its key is that of PROXY_API_KEY.")
    if any(each.digest == digest for each in before):
        raise ValueError("Its key stands in a line above already.")
    return Caller(name, digest, _allowance(words[2:]))


def _digest(words: list[bytes]) -> bytes:
    for key in words:
        if len(key) >= _SHORTEST_KEY and all(33 <= byte <= 126 for byte in key):
            return hashlib.sha256(key).digest()
    raise ValueError(
        f"After the name comes its key, {_SHORTEST_KEY} printable ASCII characters at"
        " least."
    )


def _allowance(words: list[bytes]) -> Allowance:
    limits: dict[str, int] = {}
    for word in words:
        if word.startswith(b"#"):
            break
        found = _LIMIT.fullmatch(word.decode(errors="replace"))
        if not found or int(found[2]) > _MOST[found[1]] or found[1] in limits:
            raise ValueError(
                "After the key come its limits, each once at most: "
                + ", ".join(f"{name}= (1 to {most})" for name, most in _MOST.items())
                + "."
            )
        limits[found[1]] = int(found[2])
    return Allowance(*map(limits.get, _MOST))


def _read(file: Path) -> bytes:
    # Not blocking: opening a named pipe would wait for a writer for ever.
    opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if problem := _not_private(os.fstat(opened)):
            raise UnusableFile([f"{file}: {problem}"])
        with os.fdopen(opened, "rb", closefd=False) as content:
            text = content.read(_LARGEST + 1)
    finally:
        os.close(opened)
    if len(text) > _LARGEST:
        raise UnusableFile([f"{file}: It is larger than {_LARGEST:,} bytes."])
    return text


def _not_private(about: os.stat_result) -> str | None:
    if not stat.S_ISREG(about.st_mode):
        return "It is not a file."
    if about.st_uid == os.geteuid():
        shared, most = 0o077, 600
    elif about.st_uid == 0:  # as Kubernetes mounts a Secret: for a group of ours
        shared, most = 0o037, 640
    else:
        return "It belongs to another user: give it to the proxy's (chown)."
    if about.st_mode & shared:
        return f"Other users may read or write it: chmod {most}."
    return None
