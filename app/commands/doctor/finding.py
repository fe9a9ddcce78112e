"""What an examination finds: one thing that was looked at, and how it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.commands.client import Answer
from config.settings import Settings


class Level(StrEnum):
    """How a thing is: in order, worth a look, wrong, or not to be told."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


class Name(StrEnum):
    """A stable name for what is looked at; each has a section in docs/operations.md."""

    PYTHON = "python"
    HOME = "home"
    PATH = "path"
    PROXIES = "proxies"
    SETTINGS = "settings"
    CLAUDE_CLI = "claude_cli"
    CLI_VERSION = "cli_version"
    OTHER_CLIS = "other_clis"
    LOGIN = "login"
    LOGIN_EXPIRY = "login_expiry"
    LOGIN_RENEWAL = "login_renewal"
    FILE_MODES = "file_modes"
    KEYS_FILE = "keys_file"
    STATE_DIR = "state_dir"
    STATE_FILESYSTEM = "state_filesystem"
    OPEN_FILES = "open_files"
    PORT = "port"
    SERVER = "server"
    UPSTREAM = "upstream"
    CLOCK = "clock"
    REQUEST = "request"
    EXAMINATION = "examination"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing: its name, how it is, what was seen, and what to do."""

    name: Name
    level: Level
    seen: str
    remedy: str = ""


def ok(name: Name, seen: str) -> Finding:
    """Find a thing in order."""
    return Finding(name, Level.OK, seen)


def warn(name: Name, seen: str, remedy: str) -> Finding:
    """Find a thing that works, and may be the reason when something else does not."""
    return Finding(name, Level.WARN, seen, remedy)


def bad(name: Name, seen: str, remedy: str) -> Finding:
    """Find a thing that is wrong."""
    return Finding(name, Level.BAD, seen, remedy)


def unknown(name: Name, seen: str, remedy: str) -> Finding:
    """Find that it cannot be told."""
    return Finding(name, Level.UNKNOWN, seen, remedy)


@dataclass(frozen=True, slots=True)
class Case:
    """All that the examinations share.

    ``here`` is what ``check --local`` says, None where it said nothing in time;
    ``server`` what a running server says, or the sentence of why there is no answer.
    """

    settings: Settings
    here: Answer | None
    server: Answer | str

    def component(self, name: str) -> dict[str, Any]:
        """Return a component of ``here``; empty where it is not known."""
        return component(self.here, name)


Examination = Callable[[Case], Iterator[Finding]]


def component(answer: Answer | None, name: str) -> dict[str, Any]:
    """Return a component of an answer; what is none is empty."""
    components = answer.body.get("components") if answer else None
    found = components.get(name) if isinstance(components, dict) else None
    return found if isinstance(found, dict) else {}


def code_of(answer: Answer) -> str | None:
    """Return the code of what is wrong, by an answer; None where nothing is."""
    details = answer.body.get("details")
    code = details.get("code") if isinstance(details, dict) else None
    if code is None and not answer.healthy:
        return f"HTTP status {answer.status}"
    return str(code) if code else None
