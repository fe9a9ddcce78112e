"""What is checked, and how: processes with the same subject may share a verdict."""

import hashlib
import os

from app.claude.environment import child_environment
from app.monitor.store import boot_id
from config.settings import Settings


def subject(settings: Settings) -> str:
    """Name one CLI with one login, as this user sees them, and how it is checked.

    All that the CLI sees of the environment is part of it, keys and tokens too: what
    was said of one key is not believed of another. Only a digest is made of them.
    """
    parts = [
        boot_id(),
        str(os.getuid()),
        str(settings.claude_cli_path),
        f"{settings.health_check_interval} {settings.health_check_timeout}",
        *(f"{name}={value}" for name, value in sorted(child_environment().items())),
    ]
    named = "\0".join(parts).encode(errors="surrogateescape")
    return hashlib.sha256(named).hexdigest()[:16]
