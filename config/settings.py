"""Every setting, once: name, type, default and meaning.

Settings are environment variables, read once at the start; command-line options
override them. An empty value counts as unset. All problems are reported together.
"""

import sys
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, cast

from environs import EnvValidationError
from marshmallow import ValidationError
from platformdirs import user_state_path

from config.key import key_digest, made_key_digest
from config.variables import (
    KEY,
    Reader,
    Variables,
    file,
    folder,
    log_level,
    names,
    one_of,
    seconds,
    switch,
    text,
    whole_number,
)


class SettingsError(Exception):
    """The settings cannot be used; ``problems`` has a sentence for each of them."""

    def __init__(self, problems: list[str]) -> None:
        """Keep every problem, since they are reported together."""
        super().__init__("; ".join(problems))
        self.problems = problems


class HealthDetails(StrEnum):
    """Who sees more than statuses and codes: see ``app/web/access.py``."""

    TRUSTED = "trusted"
    ALWAYS = "always"
    NEVER = "never"


class LogFormat(StrEnum):
    """How a log line is written: for a person or for a machine."""

    TEXT = "text"
    JSON = "json"


class UnknownFields(StrEnum):
    """What happens to a request's field that the proxy does not know."""

    REFUSE = "refuse"
    CARRY = "pass"


def _setting(name: str, read: Reader, default: Any, meaning: str) -> Any:
    about = {"name": name, "read": read, "meaning": meaning}
    return field(default=default, metadata=about, repr=read is not key_digest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings of one service, checked and typed; durations are seconds."""

    host: str = _setting("HOST", text, "127.0.0.1", "Address to listen on.")
    port: int = _setting(
        "PORT", whole_number(0, 65535), 8000, "Port to listen on; 0 takes a free one."
    )
    workers: int = _setting("WORKERS", whole_number(1, 64), 1, "Worker processes.")
    threads: int = _setting(
        "THREADS", whole_number(1, 1024), 32, "Requests a worker serves at a time."
    )
    max_connections: int = _setting(
        "MAX_CONNECTIONS",
        whole_number(16, 1_000_000),
        10_000,
        "Connections a worker holds, idle ones included.",
    )
    header_timeout: float = _setting(
        "HEADER_TIMEOUT_SECONDS",
        seconds(0.1, 600),
        10.0,
        "Seconds in which the headers of a request have to be complete.",
    )
    max_header_bytes: int = _setting(
        "MAX_HEADER_BYTES",
        whole_number(1024, 1 << 20),
        64 << 10,
        "Size of a request's headers, all together.",
    )
    send_timeout: float = _setting(
        "SEND_TIMEOUT_SECONDS",
        seconds(0.1, 3600),
        30.0,
        "Seconds without progress after which an answer nobody reads is given up.",
    )
    log_level: str = _setting(
        "LOG_LEVEL", log_level, "INFO", "DEBUG, INFO, WARNING, ERROR or CRITICAL."
    )
    log_format: LogFormat = _setting(
        "LOG_FORMAT", one_of(LogFormat), LogFormat.TEXT, "text or json."
    )
    cors_enabled: bool = _setting(
        "CORS_ENABLED", switch, False, "Let web pages of CORS_ORIGINS call the proxy."
    )
    cors_origins: tuple[str, ...] = _setting(
        "CORS_ORIGINS", names, ("*",), "Origins for CORS, separated by commas."
    )
    metrics_enabled: bool = _setting(
        "METRICS_ENABLED", switch, True, "Whether there is a /metrics."
    )
    claude_cli_path: Path | None = _setting(
        "CLAUDE_CLI_PATH", file, None, "The one claude to use; unset: search for it."
    )
    health_check_interval: float = _setting(
        "HEALTH_CHECK_INTERVAL_SECONDS",
        seconds(0.1, 3600),
        30.0,
        "Seconds between two checks of an unchanged CLI and login.",
    )
    health_check_timeout: float = _setting(
        "HEALTH_CHECK_TIMEOUT_SECONDS",
        seconds(0.1, 600),
        10.0,
        "Seconds after which an unanswered check counts as inconclusive.",
    )
    health_details: HealthDetails = _setting(
        "HEALTH_DETAILS",
        one_of(HealthDetails),
        HealthDetails.TRUSTED,
        "Who sees paths, user and configuration: trusted, always or never.",
    )
    drain_seconds: float = _setting(
        "DRAIN_SECONDS",
        seconds(0, 3600),
        5.0,
        "Seconds after SIGTERM in which /health is 503 and requests are still served.",
    )
    graceful_timeout: float = _setting(
        "GRACEFUL_TIMEOUT_SECONDS",
        seconds(1, 3600),
        4.0,
        "Seconds that running requests then have to finish.",
    )
    pool_max: int = _setting(
        "POOL_MAX",
        whole_number(1, 256),
        8,
        "Claude CLIs of a worker at most: busy, idle and spare ones together.",
    )
    pool_spares: int = _setting(
        "POOL_SPARES",
        whole_number(0, 16),
        1,
        "Claude CLIs that a worker starts ahead of need.",
    )
    pool_idle: float = _setting(
        "POOL_IDLE_SECONDS",
        seconds(1, 86_400),
        300.0,
        "Seconds after which a Claude CLI that nobody asks ends.",
    )
    pool_reuse: bool = _setting(
        "POOL_REUSE", switch, True, "Whether a Claude CLI serves more than one request."
    )
    models: tuple[str, ...] = _setting(
        "MODELS",
        names,
        ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"),
        "Models that /v1/models lists; any other can be asked for as well.",
    )
    unknown_fields: UnknownFields = _setting(
        "UNKNOWN_FIELDS",
        one_of(UnknownFields),
        UnknownFields.REFUSE,
        "What happens to a field of a request that is not known: refuse or pass.",
    )
    body_timeout: float = _setting(
        "BODY_TIMEOUT_SECONDS",
        seconds(0.1, 3600),
        120.0,
        "Seconds in which the body of a request has to be complete.",
    )
    queue_timeout: float = _setting(
        "QUEUE_TIMEOUT_SECONDS",
        seconds(0, 3600),
        30.0,
        "Seconds that a request waits for a free Claude CLI.",
    )
    first_event_timeout: float = _setting(
        "FIRST_EVENT_TIMEOUT_SECONDS",
        seconds(0.1, 3600),
        120.0,
        "Seconds in which an answer has to begin.",
    )
    stall_timeout: float = _setting(
        "STALL_TIMEOUT_SECONDS",
        seconds(0.1, 3600),
        120.0,
        "Seconds between two events of an answer.",
    )
    total_timeout: float = _setting(
        "TOTAL_TIMEOUT_SECONDS",
        seconds(1, 86_400),
        3600.0,
        "Seconds that a whole answer may take.",
    )
    state_dir: Path = _setting(
        "STATE_DIR",
        folder,
        user_state_path("claude-proxy"),
        "Private folder for what workers share; made where it is missing.",
    )
    proxy_api_key: bytes | None = _setting(
        KEY,
        key_digest,
        None,
        "Key that makes a caller trusted; or PROXY_API_KEY_FILE, a file holding it."
        " Unset: the one in STATE_DIR, which the first start makes.",
    )

    # Whether an operator has set the key; where not, it is one that the start has made,
    # which opens and never closes.
    key_is_set: bool = False


def load_settings(options: Mapping[str, str] | None = None) -> Settings:
    """Read all settings; ``options`` (by variable name) override the environment.

    Raises:
        SettingsError: with every problem found, each naming its variable.
    """
    env = Variables(options or {})
    problems: list[str] = []
    values: dict[str, Any] = {}
    for each in _described():
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
    key = values["proxy_api_key"] or made_key_digest(values["state_dir"])
    is_set = values["proxy_api_key"] is not None
    return Settings(**values | {"proxy_api_key": key, "key_is_set": is_set})


def _described() -> list[Field[Any]]:
    """Return the fields that a variable sets."""
    return [each for each in fields(Settings) if each.metadata]


def _sentence(error: ValidationError | ValueError) -> str:
    if isinstance(error, ValidationError):
        return " ".join(str(message) for message in error.messages)
    return str(error)


def describe_settings() -> list[tuple[str, str]]:
    """Return (name, meaning with default) of every setting, for ``--help``."""
    rows = []
    for each in _described():
        shown = "unset" if each.default is None else _shown(each.default)
        meaning = f"{each.metadata['meaning']} Default: {shown}."
        rows.append((each.metadata["name"], meaning))
    return rows


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        return ",".join(default)
    if isinstance(default, Path):
        return str(default).replace(str(Path.home()), "~", 1)
    return str(default).lower() if isinstance(default, bool) else str(default)


def refuse(error: SettingsError) -> NoReturn:
    """End the start: every problem on stderr, exit code 2."""
    lines = "".join(f"  {problem}\n" for problem in error.problems)
    sys.stderr.write(f"These settings cannot be used:\n{lines}")
    sys.exit(2)
