"""Every setting, once: name, type, default and meaning.

Settings are environment variables, read once at the start by ``config/loading.py``;
command-line options override them. An empty value counts as unset.
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from config.choices import (
    HealthDetails,
    LogFormat,
    UnknownFields,
    UnsupportedParameters,
)
from config.key import key_digest
from config.variables import (
    KEY,
    Reader,
    file,
    folder,
    log_level,
    names,
    networks,
    one_of,
    pairs,
    seconds,
    switch,
    text,
    whole_number,
)


def _setting(name: str, read: Reader, default: Any, meaning: str) -> Any:
    about = {"name": name, "read": read, "meaning": meaning}
    return field(default=default, metadata=about, repr=read is not key_digest)


def _state_folder() -> Path:
    """Return where state lies by default; whoever has no home is told by the reader."""
    try:
        return user_state_path("claude-proxy")
    except RuntimeError:
        return Path("~/.local/state/claude-proxy")


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
    max_concurrent_requests: int = _setting(
        "MAX_CONCURRENT_REQUESTS",
        whole_number(1, 1024),
        None,
        "Requests to /v1/messages in a worker at a time, waiting ones included. Unset:"
        " what THREADS leave beside an eighth for probes, two at least.",
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
    log_prompts: bool = _setting(
        "LOG_PROMPTS", switch, False, "Log each request's body, for debugging alone."
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
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = _setting(
        "TRUSTED_PROXIES",
        networks,
        (),
        "Networks of the proxies whose X-Forwarded headers are believed, separated by"
        " commas.",
    )
    drain_seconds: float = _setting(
        "DRAIN_SECONDS",
        seconds(0, 3600),
        5.0,
        "Seconds after SIGTERM in which /health is 503 and requests are still served.",
    )
    graceful_timeout: float = _setting(
        "GRACEFUL_TIMEOUT_SECONDS",
        seconds(1, 86_400),
        600.0,
        "Seconds at most that the stop then waits for running answers.",
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
        "MODELS", names, (), "Models that /v1/models lists; unset: the CLI's own."
    )
    model_aliases: tuple[tuple[str, str], ...] = _setting(
        "MODEL_ALIASES",
        pairs,
        (),
        "Names that stand for models in OpenAI's API: gpt-4o=claude-sonnet-5-5,...",
    )
    unsupported_parameters: UnsupportedParameters = _setting(
        "UNSUPPORTED_PARAMETERS",
        one_of(UnsupportedParameters),
        UnsupportedParameters.REFUSE,
        "What happens to a parameter of OpenAI's API that has no counterpart: refuse,"
        " or ignore with a Warning header.",
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
        _state_folder(),
        "Private folder for what workers share; made where it is missing.",
    )
    proxy_api_key: bytes | None = _setting(
        KEY,
        key_digest,
        None,
        "Key that makes a caller trusted; or PROXY_API_KEY_FILE, a file holding it."
        " Unset: the one in STATE_DIR, which the first start makes.",
    )
    proxy_api_keys_file: Path | None = _setting(
        "PROXY_API_KEYS_FILE",
        file,
        None,
        "File (mode 0600) of keys for /v1 with names and limits; read when it changes.",
    )

    # Whether an operator has set a key; where not, it is one that the start has made,
    # which opens and never closes.
    key_is_set: bool = False
