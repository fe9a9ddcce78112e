"""What is known: what an inspection or a check has found, frozen, with source and age.

Moments called ``…_at`` are ``time.monotonic()`` seconds; a datetime is always UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.claude.locate import Location
from app.claude.login import Login
from app.claude.probe import LoginAnswer
from app.contract.codes import Code


class Source(StrEnum):
    """Where evidence comes from, from weak to strong."""

    STATIC = "static"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Facts:
    """What an inspection of the disk shows, without asking the CLI."""

    location: Location
    login: Login


@dataclass(frozen=True, slots=True)
class CliCheck:
    """What came of running the CLI: ``code`` is None where it works.

    An inconclusive check (no answer in time, or garbage) proves nothing by itself.
    """

    code: Code | None = None
    conclusive: bool = True
    version: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class LoginCheck:
    """What came of asking for the login: an answer, or the code of why there is none.

    ``source`` is static where the CLI has no ``auth status`` and its file was read.
    """

    answer: LoginAnswer | None = None
    code: Code | None = None
    conclusive: bool = True
    source: Source = Source.PROBE
    seconds: float = 0.0

    @property
    def logged_in(self) -> bool:
        """Tell whether the CLI said that it is logged in."""
        return self.answer is not None and self.answer.logged_in


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a component's last check took, and when one last found it healthy."""

    seconds: float
    succeeded: datetime | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known at a moment.

    ``facts`` is None where the inspection itself failed. ``revision`` counts the
    changes that inspections saw, ``checked_revision`` is that of the last check, and
    ``found_at`` is when the present binary was first seen. ``cli`` and ``login`` are
    the last conclusive checks of the present binary and of the present login, None
    before the first; ``doubts`` counts the inconclusive checks since, ``doubt`` names
    the last. ``timings`` are by component.
    """

    facts: Facts | None
    inspected_at: float
    revision: int = 0
    checked_revision: int | None = None
    found_at: float = 0.0
    cli: CliCheck | None = None
    login: LoginCheck | None = None
    probed_at: float | None = None
    probed: datetime | None = None
    doubts: int = 0
    doubt: Code | None = None
    timings: Mapping[str, Timing] = field(default_factory=dict)

    @property
    def cli_found(self) -> bool:
        """Tell whether there is a CLI that could be asked."""
        return self.facts is not None and self.facts.location.path is not None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What evidence says of one component: ``code`` is None where all is well."""

    code: Code | None
    source: Source
