"""What a request is to a process: its exact body, whose it is, how long it may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompt:
    """One exact request.

    ``body`` is the strict JSON object that goes upstream, without ``system``; ``text``
    the first user text, from which the CLI computes parts of its own head line;
    ``cache`` how long the upstream keeps the system prompt (``5m``, ``1h``), None for
    not at all: the CLI's own marks for that can be switched for each request.
    """

    body: bytes
    text: str
    cache: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """Whose a process is from its first request on; it serves no other."""

    caller: str
    model: str
    system: str | None
    betas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds until the answer begins, between two of its events, and in all."""

    first: float = 120.0
    stall: float = 120.0
    total: float = 3600.0
