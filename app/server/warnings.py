"""What the start says once: what will go wrong later, and what to do about it.

None of it is a reason not to start. A file system that is full may have room in a
minute, a login that cannot be renewed holds for hours, another CLI may be put there.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from app.claude.environment import child_environment, home
from app.claude.loader import made_for_another
from app.claude.locate import locate
from app.claude.login import why_not_renewed
from config.key import made_key_digest
from config.settings import Settings


def start_warnings(settings: Settings) -> Iterator[str]:
    """Give a sentence for each thing that is wrong, with its remedy."""
    environment = child_environment()
    if reason := why_not_renewed(environment):
        yield (
            f"The login will not stay renewed, since {reason}. Keep it in a volume, a"
            " whole folder that the CLI may write to."
        )
    path = locate(settings.claude_cli_path, environment.get("PATH", ""), home()).path
    if path and (problem := made_for_another(path)):
        yield problem
    if settings.proxy_api_key is None and made_key_digest(settings.state_dir) is None:
        yield (
            f"No key could be made in {settings.state_dir}: {_why(settings.state_dir)},"
            " and start again; until then /v1 refuses everybody but direct callers."
        )


def _why(folder: Path) -> str:
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    full = os.statvfs(nearest).f_bavail == 0
    return "there is no room. Free some" if full else "see that it can be written to"
