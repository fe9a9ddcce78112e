"""The proxy's key: the one that is set, or else the one that the first start has made.

Only its SHA-256 is kept. Who sends the key or prints it reads it at that moment.
"""

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import Any

from environs import Env
from marshmallow import ValidationError

from config.variables import KEY, Variables

_LARGEST = 1024  # bytes


def key_digest(env: Env, name: str, default: Any) -> Any:
    """Read the key that is set as its SHA-256: nothing can show what is not there."""
    if os.environ.get(name) and os.environ.get(f"{name}_FILE"):
        raise ValidationError(f"Set either {name} or {name}_FILE, not both.")
    if file := os.environ.get(f"{name}_FILE"):
        _see_to(file, f"{name}_FILE")
    secret = (env.str(name, "", validate=_usable) or "").strip()
    return _digest(secret) if secret else default


def made_key_digest(state_dir: Path) -> bytes | None:
    """Return the SHA-256 of the key in ``STATE_DIR``; None where there is none."""
    made = _made_key(state_dir)
    return _digest(made) if made else None


def plain_key(state_dir: Path) -> str | None:
    """Return the key in clear, for one use at once; None where there is none."""
    return (Variables({}).str(KEY, "") or "").strip() or _made_key(state_dir)


def key_file(state_dir: Path) -> Path:
    """Return where the first start puts the key it makes."""
    return state_dir / "key"


def _made_key(state_dir: Path) -> str | None:
    """Read a made key; what another user has put there, or what is no file, is none."""
    try:
        opened = os.open(key_file(state_dir), os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        about = os.fstat(opened)
        ours = stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid()
        secret = os.read(opened, _LARGEST).decode().strip() if ours else ""
        _usable(secret)
    except (OSError, ValueError, ValidationError):
        return None
    finally:
        os.close(opened)
    return secret


def _see_to(file: str, name: str) -> None:
    """See that the file can be read.

    Raises:
        ValidationError: it cannot; the text says why, and what to do.
    """
    try:
        if Path(file).is_dir():  # so does Docker mount what is not there
            raise IsADirectoryError(errno.EISDIR, "It is a folder, not a file")
        os.close(os.open(file, os.O_RDONLY | os.O_NONBLOCK))
    except OSError as error:
        raise ValidationError(
            f"Cannot read {file} ({name}): {error.strerror}. Put a key there that uid"
            f" {os.geteuid()} may read, or unset {name}."
        ) from None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _usable(secret: str) -> None:
    if not secret.strip():
        raise ValidationError("Must not be empty.")
    if not secret.strip().isascii() or not secret.strip().isprintable():
        raise ValidationError("Must be printable ASCII.")
