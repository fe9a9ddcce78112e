"""The managed policy of this machine: settings of an administrator, for all users.

The CLI reads it whatever it is started with, and what it sets wins over everything that
we set: ``env`` in it can replace the setting that carries a request's body (measured on
2.1.330). We never read it, only see that it changed.
"""

import sys
from pathlib import Path

from app.claude.locate import Identity, identity_of

_FOLDER = Path(
    "/Library/Application Support/ClaudeCode"
    if sys.platform == "darwin"
    else "/etc/claude-code"
)


def policy_identity(folder: Path = _FOLDER) -> tuple[Identity, ...]:
    """Return what changes whenever one of the policy's files does; () without one."""
    try:
        parts = sorted((folder / "managed-settings.d").glob("*.json"))
    except OSError:
        parts = []
    found = []
    for file in (folder / "managed-settings.json", *parts):
        try:
            found.append(identity_of(file.stat()))
        except OSError:
            continue
    return tuple(found)
