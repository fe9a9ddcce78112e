"""What a warm process prints, as typed events: what callers hear, and what we look at.

An event of the Messages API is passed on as the bytes that the CLI printed.
"""

from dataclasses import dataclass
from enum import StrEnum

import msgspec


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of the Messages API's own stream: ``raw`` is its JSON, verbatim."""

    raw: bytes
    type: str


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What the upstream said of the account's quota; comes with an OAuth login only.

    ``status`` is ``allowed``, ``allowed_warning`` or ``rejected``; ``window`` such as
    ``five_hour``; ``resets_at`` in seconds since 1970; ``utilization`` from 0 to 1;
    ``raw`` all of it as JSON.
    """

    status: str
    window: str | None = None
    resets_at: float | None = None
    utilization: float | None = None
    raw: bytes = b"{}"


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing came for as long as the caller had asked to hear of: time to look up."""


class Kind(StrEnum):
    """How a request ended."""

    GOOD = "good"
    UPSTREAM_ERROR = "upstream_error"
    NETWORK = "network"
    NOT_LOGGED_IN = "not_logged_in"
    CANCELLED = "cancelled"
    DIED = "process_died"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a request: the last event, and exactly one.

    ``status`` and ``type`` are the upstream's error; ``message`` its own words where
    the CLI passes them on, ``said`` the CLI's sentence; ``request_id`` the upstream's;
    ``stop_reason`` that of a good answer.
    """

    kind: Kind
    status: int | None = None
    type: str | None = None
    message: str | None = None
    said: str | None = None
    request_id: str | None = None
    stop_reason: str | None = None


Event = StreamEvent | RateLimit | Quiet | Ended


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A control request of this id was answered; ``error`` says why it was refused."""

    id: str
    error: str | None = None


class Failure(msgspec.Struct, frozen=True):
    """The CLI's own line in the model's place, when a request has failed."""

    is_api_error_message: bool = False
    error: str | None = None
    request_id: str | None = None


class Result(msgspec.Struct, frozen=True):
    """The line after each user line's last."""

    is_error: bool = False
    subtype: str = ""
    result: str | None = None
    stop_reason: str | None = None
    api_error: str | None = None
    api_error_status: int | None = None
    api_error_type: str | None = None


Line = StreamEvent | RateLimit | Acknowledged | Failure | Result
