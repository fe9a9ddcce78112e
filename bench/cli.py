"""The real CLI that is measured, and what it may see: a stub and a made-up key."""

import os
from pathlib import Path

from app.claude.environment import child_environment
from app.claude.locate import locate


def the_cli() -> Path:
    """Return the CLI the proxy would use; without one there is nothing to measure."""
    cli = locate(None, os.environ.get("PATH", ""), Path.home()).path
    if cli is None:
        raise SystemExit("no Claude CLI was found")
    return cli


def made_up(home: str, url: str) -> dict[str, str]:
    """Return the environment of a CLI with this home, whose upstream is ``url``."""
    theirs = {"HOME": home, "ANTHROPIC_BASE_URL": url}
    return {**child_environment(), **theirs, "ANTHROPIC_API_KEY": "sk-ant-made-up"}
