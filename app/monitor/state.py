"""What is concluded from the evidence: frozen, no logic.

Moments called ``…_at`` are ``time.monotonic()`` seconds; a datetime is always UTC.
"""

from dataclasses import dataclass
from datetime import datetime

from app.components.evidence import CliCheck, Facts, LoginCheck, Source
from app.contract.codes import Code


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
