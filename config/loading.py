"""Reads all settings at once, describes them, and refuses what cannot be used."""

import os
import sys
from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, NoReturn, cast

from environs import EnvValidationError
from marshmallow import ValidationError

from config.key import made_key_digest
from config.settings import Settings
from config.variables import Variables


class SettingsError(Exception):
    """The settings cannot be used; ``problems`` has a sentence for each of them."""

    def __init__(self, problems: list[str]) -> None:
        """Keep every problem, since they are reported together."""
        super().__init__("; ".join(problems))
        self.problems = problems


def load_settings(options: Mapping[str, str] | None = None) -> Settings:
    """Read all settings; ``options`` (by variable name) override the environment.

    Raises:
        SettingsError: with every problem found, each naming its variable.
    """
    env = Variables(options or {})
    problems = _home_problems()
    values: dict[str, Any] = {}
    for each in described():
        name = each.metadata["name"]
        try:
            values[each.name] = each.metadata["read"](env, name, each.default)
        except (ValidationError, ValueError) as error:
            problems.append(f"{name}: {_sentence(error)}")
    try:
        env.seal()
    except EnvValidationError as error:
        found = cast("dict[str, list[str]]", error.error_messages)
        problems += [f"{name}: {' '.join(said)}" for name, said in found.items()]
    if problems:
        raise SettingsError(problems)
    values["max_concurrent_requests"] = _concurrent_requests(values)
    key = values["proxy_api_key"] or made_key_digest(values["state_dir"])
    is_set = bool(values["proxy_api_key"] or values["proxy_api_keys_file"])
    return Settings(**values | {"proxy_api_key": key, "key_is_set": is_set})


def _home_problems() -> list[str]:
    """Say where the user has no home folder: a container that runs as a number."""
    try:
        Path.home()
    except RuntimeError:
        return [
            f"HOME: It is not set, and uid {os.geteuid()} has no entry that names a"
            " home folder, where the CLI keeps its login: set HOME to a folder of this"
            " user."
        ]
    return []


def _concurrent_requests(values: Mapping[str, Any]) -> int:
    """Return how many slow requests there may be: some threads are left to probes.

    Raises:
        SettingsError: more are set than that.
    """
    threads, wanted = values["threads"], values["max_concurrent_requests"]
    most: int = max(1, threads - max(2, threads // 8))
    if wanted and wanted > most:
        raise SettingsError(
            [
                f"MAX_CONCURRENT_REQUESTS: {wanted} would leave probes too few threads:"
                f" with THREADS={threads} it is {most} at most; raise THREADS."
            ]
        )
    return wanted or most


def described() -> list[Field[Any]]:
    """Return the fields that a variable sets."""
    return [each for each in fields(Settings) if each.metadata]


def _sentence(error: ValidationError | ValueError) -> str:
    if isinstance(error, ValidationError):
        return " ".join(str(message) for message in error.messages)
    return str(error)


def describe_settings() -> list[tuple[str, str]]:
    """Return (name, meaning with default) of every setting, for ``--help``."""
    rows = []
    for each in described():
        meaning = f"{each.metadata['meaning']} Default: {shown(each.default)}."
        rows.append((each.metadata["name"], meaning))
    return rows


def shown(value: Any) -> str:
    """Return a setting's value as a person would write it; never a key."""
    if value in (None, ()):
        return "unset"
    if isinstance(value, bytes):
        return "set"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, Path):
        return _below_home(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _below_home(path: Path) -> str:
    home = os.path.expanduser("~")  # noqa: PTH111 - stays as it is without a home
    inside = path.is_relative_to(home) and home != "/"
    return f"~/{path.relative_to(home)}" if inside else str(path)


def refuse(error: SettingsError) -> NoReturn:
    """End the start: every problem on stderr, exit code 2."""
    lines = "".join(f"  {problem}\n" for problem in error.problems)
    sys.stderr.write(f"These settings cannot be used:\n{lines}")
    sys.exit(2)
