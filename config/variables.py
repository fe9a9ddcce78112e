"""How one environment variable is read: a reader for each type a setting has.

A reader takes the environment, the variable's name and the default, and returns the
typed value; what is wrong with it is kept in the environment until it is sealed.
"""

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from environs import Env, FileAwareEnv, validate
from marshmallow import ValidationError

KEY = "PROXY_API_KEY"  # its name, which may end in _FILE
Reader = Callable[[Env, str, Any], Any]


class Variables(FileAwareEnv):
    """Environment variables under command-line options; empty means unset.

    Environs reads only ``os.environ``; this one method is where it looks a name up.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        super().__init__(eager=False)
        self.options = options

    def _get_value(self, env_key: str, default: Any) -> Any:
        if env_key in self.options:
            return self.options[env_key]
        if env_key == KEY and os.environ.get(f"{KEY}_FILE"):
            return super()._get_value(env_key, default)  # an empty file is no default
        found = os.environ.get(env_key)
        return found if found and found.strip() else default


def is_set(name: str) -> bool:
    """Tell whether the environment has a value of this name; empty means unset."""
    return bool((os.environ.get(name) or "").strip())


def text(env: Env, name: str, default: Any) -> Any:
    """Read any text."""
    return env.str(name, default)


def switch(env: Env, name: str, default: Any) -> Any:
    """Read a yes or no, in the words environs knows (true, on, 1 ...)."""
    return env.bool(name, default)


def names(env: Env, name: str, default: Any) -> Any:
    """Read a list of words separated by commas."""
    return tuple(word.strip() for word in env.list(name, list(default)))


def pairs(env: Env, name: str, default: Any) -> Any:
    """Read a list of ``word=word``, separated by commas, as pairs."""
    return tuple(_pair(word) for word in names(env, name, default))


def _pair(word: str) -> tuple[str, str]:
    first, _, second = (part.strip() for part in word.partition("="))
    if not first or not second:
        raise ValidationError(f"{word!r}: name=name is expected.")
    return first, second


def networks(env: Env, name: str, default: Any) -> Any:
    """Read a list of networks separated by commas; an address alone is one as well."""
    return tuple(_network(word) for word in names(env, name, default))


def _network(word: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(word)
    except ValueError as error:
        raise ValidationError(f"{error}.") from None


def file(env: Env, name: str, default: Any) -> Any:
    """Read a path, made absolute; it need not exist."""
    path = env.path(name, default)
    return path and _absolute(path)


def _absolute(path: Path) -> Path:
    try:
        return Path(os.path.abspath(path.expanduser()))
    except RuntimeError as error:
        raise ValidationError(f"{path}: {error}") from None


def whole_number(least: int, most: int) -> Reader:
    """Make the reader of a whole number between two bounds, both included."""

    def read(env: Env, name: str, default: Any) -> Any:
        return env.int(name, default, validate=validate.Range(least, most))

    return read


def seconds(least: float, most: float) -> Reader:
    """Make the reader of a duration in seconds between two bounds."""

    def read(env: Env, name: str, default: Any) -> Any:
        return env.float(name, default, validate=validate.Range(least, most))

    return read


def one_of(kind: type[StrEnum]) -> Reader:
    """Make the reader of one member of ``kind``, in any case."""

    def read(env: Env, name: str, default: Any) -> Any:
        choices = [member.value for member in kind]
        word = env.str(name, default, validate=_among(choices, str.lower))
        return kind(word.lower()) if word else default

    return read


def log_level(env: Env, name: str, default: Any) -> Any:
    """Read the name of a logging level, in any case."""
    levels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    return (env.str(name, default, validate=_among(levels, str.upper)) or "").upper()


def _among(choices: list[str], fold: Callable[[str], str]) -> Callable[[str], None]:
    def check(word: str) -> None:
        if fold(word) not in choices:
            raise ValidationError(f"Must be one of: {', '.join(choices)}.")

    return check


def folder(env: Env, name: str, default: Any) -> Any:
    """Read a folder that can be written to, or made; reading it makes nothing.

    Not left to ``validate``, which environs does not apply to a default.
    """
    path = _absolute(env.path(name, default))
    nearest = next(each for each in (path, *path.parents) if os.path.lexists(each))
    if not nearest.is_dir():
        raise ValidationError(f"Cannot write to {path}: {nearest} is not a folder.")
    effective = os.access in os.supports_effective_ids
    if not os.access(nearest, os.W_OK | os.X_OK, effective_ids=effective):
        raise ValidationError(f"Cannot write to {path}: {_why_not(nearest)}")
    return path


def _why_not(folder: Path) -> str:
    """Say why a folder cannot be written to, and what to do about it."""
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return (
            f"{folder} is read-only. Mount a volume there that can be written to,"
            " or set STATE_DIR."
        )
    ours = os.geteuid()
    return (
        f"no permission in {folder} for uid {ours}; it is of uid"
        f" {folder.stat().st_uid}. Give it to this user (chown -R"
        f" {ours}:{os.getegid()}), or set STATE_DIR."
    )
