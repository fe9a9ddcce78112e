"""Finds the Claude CLI: which file, or which places were searched in vain."""

import importlib.util
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Where installers put it when PATH does not say so; ``~`` is the CLI's home folder.
_USUAL_PLACES = (
    "~/.local/bin/claude",
    "~/.claude/local/claude",
    "/usr/local/bin/claude",
    "/usr/bin/claude",
    "/opt/homebrew/bin/claude",
    "/home/linuxbrew/.linuxbrew/bin/claude",
    "~/.npm-global/bin/claude",
    "~/.volta/bin/claude",
    "~/.bun/bin/claude",
)
_NVM = "~/.nvm/versions/node/*/bin/claude"

Identity = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Location:
    """Where the CLI is.

    ``path`` is an executable file or None; ``unusable`` a file or folder of that name
    that cannot be executed; ``searched`` every place looked at, in order, with ``~``
    for the home folder; ``identity`` changes whenever the file behind ``path`` does;
    ``configured``: the setting named the one place, so nothing else was searched.
    """

    path: Path | None
    searched: tuple[str, ...]
    unusable: Path | None = None
    identity: Identity = ()
    configured: bool = False


def locate(configured: Path | None, search_path: str, home: Path) -> Location:
    """Find the CLI: the configured file alone, or else the first one that can run.

    ``search_path`` is PATH's value. An installed CLI wins over the one that the
    package ``claude-agent-sdk`` bundles.
    """
    searched: list[str] = []
    unusable: Path | None = None
    for place in _places(configured, search_path, home):
        searched.append(_shown(place, home))
        found = _stat(place)
        if found and stat.S_ISREG(found.st_mode) and os.access(place, os.X_OK):
            identity = identity_of(found)
            return Location(place, tuple(searched), None, identity, bool(configured))
        if found and unusable is None:
            unusable = place
    return Location(None, tuple(searched), unusable, configured=bool(configured))


def installed(search_path: str, home: Path) -> tuple[Path, ...]:
    """Return every CLI there is, in the order in which they would be found.

    A file that is found by several names is returned once, by the first.
    """
    found: dict[Identity, Path] = {}
    for place in _places(None, search_path, home):
        seen = _stat(place)
        if seen and stat.S_ISREG(seen.st_mode) and os.access(place, os.X_OK):
            found.setdefault(identity_of(seen), place)
    return tuple(found.values())


def identity_of(found: os.stat_result) -> Identity:
    """Return numbers that differ once a file was replaced, written or re-moded."""
    times = (found.st_mtime_ns, found.st_ctime_ns)
    return (found.st_dev, found.st_ino, found.st_mode, found.st_size, *times)


def _places(configured: Path | None, search_path: str, home: Path) -> Iterator[Path]:
    if configured:
        yield configured
        return
    known: set[Path] = set()
    for place in _candidates(search_path, home):
        if place not in known:
            known.add(place)
            yield place


def _candidates(search_path: str, home: Path) -> Iterator[Path]:
    for entry in search_path.split(os.pathsep):
        if entry.startswith("/"):  # an empty or relative entry depends on where we are
            yield Path(entry, "claude")
    for place in _USUAL_PLACES:
        yield Path(place.replace("~", str(home), 1))
    pattern = _NVM.removeprefix("~/")
    installed = sorted(home.glob(pattern), key=_node_version, reverse=True)
    yield from installed or [home / pattern]
    if bundled := _bundled():
        yield bundled


def _node_version(place: Path) -> list[int]:
    version = place.parent.parent.name.lstrip("v")
    return [int(part) for part in version.split(".") if part.isdecimal()]


@cache
def _bundled() -> Path | None:
    package = importlib.util.find_spec("claude_agent_sdk")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "_bundled" / "claude"


def _stat(place: Path) -> os.stat_result | None:
    try:
        return place.stat()
    except OSError:
        return None


def _shown(place: Path, home: Path) -> str:
    inside = place.is_relative_to(home) and home != Path("/")
    return f"~/{place.relative_to(home)}" if inside else str(place)


def main() -> None:
    """Print where the CLI is; exit 1 where it is not: for the Makefile."""
    found = locate(None, os.environ.get("PATH", ""), Path.home()).path
    sys.stdout.write(f"Claude CLI: {found}\n" if found else "")
    sys.exit(0 if found else 1)
