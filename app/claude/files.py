"""Reads the CLI's own files: bounded, never waiting, and without a token's value."""

import json
import os
import stat
from pathlib import Path
from typing import Any

from app.claude.errors import UnreadableFile

_TOKENS = frozenset({"accessToken", "refreshToken"})


def read_json(file: Path, largest: int) -> dict[str, Any]:
    """Return the JSON object in a file of at most ``largest`` bytes.

    Raises:
        UnreadableFile: a pipe, a folder, a huge or a broken file; the text says why.
    """
    content = _read(file, largest + 1)
    if len(content) > largest:
        raise UnreadableFile("it is too large")
    try:
        document = json.loads(content, object_pairs_hook=_without_tokens)
    except (ValueError, RecursionError):
        # Not chained: the parser's error carries the document, tokens and all.
        raise UnreadableFile("it is not JSON") from None
    if not isinstance(document, dict):
        raise UnreadableFile("it is not a JSON object")
    return document


def _read(file: Path, most: int) -> bytes:
    try:
        # Not blocking: opening a named pipe would wait for a writer for ever.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise UnreadableFile(error.strerror or "it cannot be read") from None
    # By hand to its end: ``os.fdopen`` leaves a folder's descriptor open as it fails.
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableFile("it is not a file")
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return opened.read(most)
    except OSError as error:
        raise UnreadableFile(error.strerror or "it cannot be read") from None
    finally:
        os.close(descriptor)


def _without_tokens(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: bool(value) if name in _TOKENS else value for name, value in pairs}
