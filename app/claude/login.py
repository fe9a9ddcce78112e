"""What the login says of itself: its method, its user, when it ends.

Only what is needed is read from the CLI's own files; token values become True or False
while the file is parsed and are never kept.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.claude.environment import home
from app.claude.errors import UnreadableFile
from app.claude.files import read_json
from app.claude.locate import Identity, identity_of

_LARGEST_FILE = 1 << 20  # bytes; a real login file has under 2 KiB
_LARGEST_ACCOUNT = 16 << 20  # bytes; .claude.json also holds the history of projects
_LAST_YEAR = 253_402_300_799  # seconds; the end of the year 9999, datetime's last
_TRUE = frozenset({"1", "true", "yes", "on"})


class Method(StrEnum):
    """How the CLI is logged in, in the words of ``auth status``."""

    CLAUDE_AI = "claude.ai"
    API_KEY = "api_key"
    API_KEY_HELPER = "api_key_helper"
    OAUTH_TOKEN = "oauth_token"  # noqa: S105
    THIRD_PARTY = "third_party"


@dataclass(frozen=True, slots=True)
class Login:
    """What can be read of the login without asking the CLI; times are UTC.

    ``expires`` is the access token's end, ``renewable`` whether a refresh token is
    there, ``ends`` the refresh token's end. ``damaged`` says why the login file cannot
    be believed. ``identity`` changes whenever one of the files does.
    """

    method: Method | None = None
    expires: datetime | None = None
    renewable: bool = False
    ends: datetime | None = None
    damaged: str | None = None
    has_file: bool = False
    identity: tuple[Identity, ...] = ()


def read_login(environment: Mapping[str, str]) -> Login:
    """Read the login from the CLI's environment and files, in the CLI's own order."""
    folder = config_folder(environment)
    file, settings = folder / ".credentials.json", folder / "settings.json"
    identity = (_identity(file), _identity(settings))
    outranking = _method_above_file(environment, settings)
    if identity[0] == ():
        return Login(outranking, identity=identity)
    try:
        expires, renewable, ends = _read_credentials(file)
    except UnreadableFile as error:
        method = outranking or Method.CLAUDE_AI
        return Login(method, damaged=str(error), has_file=True, identity=identity)
    method = outranking or Method.CLAUDE_AI
    return Login(method, expires, renewable, ends, None, True, identity)


def read_user(environment: Mapping[str, str]) -> str | None:
    """Return the claude.ai account's e-mail address, where the CLI has noted one."""
    account = Path(environment.get("CLAUDE_CONFIG_DIR") or home()) / ".claude.json"
    try:
        email = _part(read_json(account, _LARGEST_ACCOUNT), "oauthAccount").get(
            "emailAddress"
        )
    except UnreadableFile:
        return None
    return email if isinstance(email, str) else None


def config_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder in which the CLI keeps its login and settings."""
    return Path(environment.get("CLAUDE_CONFIG_DIR") or home() / ".claude")


def _method_above_file(environment: Mapping[str, str], settings: Path) -> Method | None:
    """Return the method that wins over a claude.ai login (measured on 2.1.330)."""
    for cloud in ("BEDROCK", "VERTEX", "FOUNDRY"):
        if environment.get(f"CLAUDE_CODE_USE_{cloud}", "").lower() in _TRUE:
            return Method.THIRD_PARTY
    if "ANTHROPIC_AUTH_TOKEN" in environment:
        return Method.OAUTH_TOKEN
    if _names_key_helper(settings):
        return Method.API_KEY_HELPER
    if "ANTHROPIC_API_KEY" in environment:
        return Method.API_KEY
    if "CLAUDE_CODE_OAUTH_TOKEN" in environment:
        return Method.OAUTH_TOKEN
    return None


def _names_key_helper(settings: Path) -> bool:
    try:
        return bool(read_json(settings, _LARGEST_FILE).get("apiKeyHelper"))
    except UnreadableFile:
        return False


def _read_credentials(file: Path) -> tuple[datetime | None, bool, datetime | None]:
    login = _part(read_json(file, _LARGEST_FILE), "claudeAiOauth")
    if not login.get("accessToken"):
        raise UnreadableFile("it holds no access token")
    expires = _moment(login.get("expiresAt"), "expiresAt")
    ends = _moment(login.get("refreshTokenExpiresAt"), "refreshTokenExpiresAt")
    return expires, bool(login.get("refreshToken")), ends


def _moment(milliseconds: object, name: str) -> datetime | None:
    if milliseconds is None:
        return None
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        raise UnreadableFile(f"its {name} is not a number")
    if not math.isfinite(milliseconds) or not 0 < milliseconds / 1000 < _LAST_YEAR:
        raise UnreadableFile(f"its {name} is not a time")
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _part(document: dict[str, Any], name: str) -> dict[str, Any]:
    part = document.get(name)
    if not isinstance(part, dict):
        raise UnreadableFile(f"it has no {name}")
    return part


def _identity(file: Path) -> Identity:
    try:
        return identity_of(file.stat())
    except OSError:
        return ()
