"""What is checked, and how: processes with the same subject may share a verdict."""

import hashlib
import os

from app.claude.environment import child_environment
from app.monitor.store import boot_id
from config.settings import Settings

_VALUES = ("PATH", "HOME", "CLAUDE_CONFIG_DIR")


def subject(settings: Settings) -> str:
    """Name one CLI with one login, as this user sees them, and how it is checked.

    Values of secrets are not part of it, only which of the variables are set.
    """
    environment = child_environment()
    parts = [
        boot_id(),
        str(os.getuid()),
        str(settings.claude_cli_path),
        f"{settings.health_check_interval} {settings.health_check_timeout}",
        *(environment.get(name, "") for name in _VALUES),
        *sorted(environment),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
