"""What a warm process prints, as typed events: what callers hear, and what we look at.

An event of the Messages API is passed on as the bytes that the CLI printed.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

_OF_THE_ACCOUNT = ("five_hour", "seven_day", "overage")


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of the Messages API's own stream: ``raw`` is its JSON, verbatim."""

    raw: bytes
    type: str


class Window(msgspec.Struct, frozen=True, rename="camel"):
    """How much of one quota is used up, from 0 to 1, and when it is there again."""

    utilization: float | None = None
    resets_at: float | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What the upstream said of the account's quota; comes with an OAuth login only.

    ``status`` is ``allowed``, ``allowed_warning`` or ``rejected``; ``window`` such as
    ``five_hour``; ``resets_at`` in seconds since 1970; ``utilization`` from 0 to 1;
    ``raw`` all of it as JSON; ``windows`` all quotas by name. While the budget ends
    each answer, the CLI tells nothing of this but where it is refused (measured).
    """

    status: str
    window: str | None = None
    resets_at: float | None = None
    utilization: float | None = None
    raw: bytes = b"{}"
    windows: dict[str, Window] = field(default_factory=dict)

    @property
    def exhausted_until(self) -> float | None:
        """Return when the quota is there again, if it is used up and that is known."""
        return self.resets_at if self.status == "rejected" else None

    @property
    def of_one_model(self) -> bool:
        """Tell whether other models may still be asked (``seven_day_opus``)."""
        return self.window not in (None, *_OF_THE_ACCOUNT)


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
    REVOKED = "revoked"
    DIED = "process_died"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a request: the last event, and exactly one.

    ``status`` and ``type`` are the upstream's error; without a status, ``type`` is the
    CLI's word (``connection_failed``). ``message`` are the upstream's own words where
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


@dataclass(frozen=True, slots=True)
class Models:
    """The models that the CLI offers, the one it would take by itself first."""

    names: tuple[str, ...] = ()


class Reply(msgspec.Struct, frozen=True):
    """The CLI's line of what was said: by the model, or by itself of a failure.

    ``request_id`` is the upstream's; ``error`` is there where the request has failed.
    """

    request_id: str | None = None
    error: str | None = None


class Result(msgspec.Struct, frozen=True):
    """The line after each user line's last.

    ``modelUsage`` is of what was answered since the last ``/clear``.
    """

    is_error: bool = False
    subtype: str = ""
    result: str | None = None
    stop_reason: str | None = None
    api_error: str | None = None
    api_error_status: int | None = None
    api_error_type: str | None = None
    modelUsage: msgspec.Raw = msgspec.Raw()  # noqa: N815 (the CLI's name)


Line = StreamEvent | RateLimit | Acknowledged | Models | Reply | Result
