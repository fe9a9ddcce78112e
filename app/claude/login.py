"""What the login says of itself: its method, its user, when it ends.

Only what is needed is read from the CLI's own files; token values become True or False
while the file is parsed and are never kept.
"""

import math
import os
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
from app.claude.mounts import MOUNTS, mount_points

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
    try:
        return read_account(account_file(environment)).get("emailAddress")
    except UnreadableFile:
        return None


def account_file(environment: Mapping[str, str]) -> Path:
    """Return the file in which the CLI notes whose login it is, among much else."""
    return Path(environment.get("CLAUDE_CONFIG_DIR") or home()) / ".claude.json"


def read_account(file: Path) -> dict[str, str]:
    """Return what is noted of the claude.ai account: its ids and its e-mail address.

    Raises:
        UnreadableFile: there is no such file, or none that is whole, or no account.
    """
    noted = _part(read_json(file, _LARGEST_ACCOUNT), "oauthAccount")
    return {name: value for name, value in noted.items() if isinstance(value, str)}


def config_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder in which the CLI keeps its login and settings."""
    return Path(environment.get("CLAUDE_CONFIG_DIR") or home() / ".claude")


def why_not_renewed(environment: Mapping[str, str]) -> str | None:
    """Say why the CLI's login would not stay renewed; None where it would.

    It is written anew each time the access token has expired, by another file in the
    old one's place. A read-only mount stops that. Into a mount of that file alone
    2.1.330 writes in place, but it keeps showing the old file when another writes.
    """
    folder = config_folder(environment)
    file = folder / ".credentials.json"
    if _method_above_file(environment, folder / "settings.json"):
        return None
    if _is_mounted(file):
        return f"{file} is a mount of its own, which misses what is renewed outside"
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    if os.access(nearest, os.W_OK | os.X_OK):
        return None
    if os.statvfs(nearest).f_flag & os.ST_RDONLY:
        return f"{nearest} is read-only"
    return f"uid {os.geteuid()} may not write to {nearest}"


def _is_mounted(file: Path) -> bool:
    """Tell whether this very file is a mount; its device does not tell it of a bind."""
    try:
        mounts = MOUNTS.read_text(errors="replace")
    except OSError:  # no Linux
        return False
    return Path(os.path.realpath(file)) in {place for place, _ in mount_points(mounts)}


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


def read_key_helper(environment: Mapping[str, str]) -> str | None:
    """Return the command that prints the user's key, if the settings name one."""
    helper = _key_helper(config_folder(environment) / "settings.json")
    return helper if isinstance(helper, str) else None


def _names_key_helper(settings: Path) -> bool:
    return bool(_key_helper(settings))


def _key_helper(settings: Path) -> object:
    try:
        return read_json(settings, _LARGEST_FILE).get("apiKeyHelper") or None
    except UnreadableFile:
        return None


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
