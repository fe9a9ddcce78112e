"""Makes the key of a server that has been given none, at its first start."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from config.key import key_file
from config.settings import Settings


def make_key(settings: Settings) -> None:
    """Make a key in ``STATE_DIR``, unless there is one; every worker then reads it.

    Where it cannot be written (the disk is full, the folder has gone), the server runs
    without a key, as it did before.
    """
    if settings.proxy_api_key is None:
        with suppress(OSError):
            _write_new(key_file(settings.state_dir))


def _write_new(file: Path) -> None:
    """Write a random key, whole or not at all, readable for this user alone.

    A link and not a rename: of two servers that start at once the second one fails
    here, and both read the first one's key. Synced, since a file that a power cut has
    left empty would be no key and stay in the way.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=file.parent, prefix="key-") as new:
        new.write(secrets.token_urlsafe(32) + "\n")
        new.flush()
        os.fsync(new.fileno())
        os.link(new.name, file)
