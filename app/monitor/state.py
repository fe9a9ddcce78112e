"""What is concluded from the evidence: frozen, no logic.

Moments called ``…_at`` are ``time.monotonic()`` seconds; a datetime is always UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.components.evidence import Evidence, Source
from app.contract.codes import Code


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands for one component, on which evidence, and since when.

    ``evidence_at`` is when the evidence was seen, ``renewed_at`` when it was last worth
    seeing again: what cannot be checked, since there is no CLI to ask, is not stale.
    """

    code: Code | None
    source: Source
    evidence_at: float
    renewed_at: float
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

    ``verdicts`` are by component; ``changes`` the latest transitions, newest first.
    """

    evidence: Evidence
    verdicts: Mapping[str, Verdict]
    changes: tuple[Change, ...] = ()

    def code(self, component: str) -> Code | None:
        """Return what is wrong with a component, None where nothing is."""
        return self.verdicts[component].code
