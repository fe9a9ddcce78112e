"""What is known, what is concluded from it, and what is reported: frozen, no logic.

Moments called ``…_at`` are ``time.monotonic()`` seconds; a datetime is always UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.claude.locate import Location
from app.claude.login import Login
from app.claude.probe import LoginAnswer
from app.contract.codes import Code, Status


class Source(StrEnum):
    """Where evidence comes from, from weak to strong."""

    STATIC = "static"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a look at the disk shows, without asking the CLI."""

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


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a component's last check took, and when one last found it healthy."""

    seconds: float
    succeeded: datetime | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known at a moment.

    ``facts`` is None where the look itself failed. ``cli`` and ``login`` are the last
    conclusive checks of the present binary and of the present login, None before the
    first; ``doubts`` counts the inconclusive checks since, ``doubt`` names the last.
    """

    facts: Facts | None
    looked_at: float
    cli: CliCheck | None = None
    login: LoginCheck | None = None
    probed_at: float | None = None
    probed: datetime | None = None
    doubts: int = 0
    doubt: Code | None = None
    cli_timing: Timing | None = None
    login_timing: Timing | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What evidence says of one component: ``code`` is None where all is well."""

    code: Code | None
    source: Source


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands for one component, on which evidence, and since when."""

    code: Code | None
    source: Source
    evidence_at: float
    since: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One transition of a component, by its codes; None is healthy."""

    component: str
    before: Code | None
    after: Code | None
    time: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """The evidence and the verdicts on it: the one state every answer comes from.

    ``changes`` are the latest transitions, the newest first.
    """

    evidence: Evidence
    cli: Verdict
    authentication: Verdict
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiServer:
    """This server as it runs; counts are of all its workers since its start."""

    status: Status
    uptime_seconds: int
    host: str
    port: int
    requests_processed: int
    errors: int
    code: Code | None = None
    remedy: str | None = None

    @property
    def uptime(self) -> int:
        """Return the same seconds, which the schema writes for people."""
        return self.uptime_seconds
