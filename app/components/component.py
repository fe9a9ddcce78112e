"""What a component is: its name, its words, how evidence of it is judged and told.

To add one, write its file beside this one and name it in ``COMPONENTS``.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from marshmallow import Schema, fields

from app.components.evidence import Evidence, Judgement, Source
from app.contract.codes import Code, Status
from app.contract.fields import Moment, OmitEmpty, about, status_of

DOUBTS_BELIEVED = 2  # inconclusive checks in a row (Kubernetes: a failure threshold)


class ComponentSchema(OmitEmpty):
    """What everyone may know of a component beside its status."""

    optional: ClassVar[tuple[str, ...]] = ("code", "remedy", "note")
    status = status_of("healthy", "unhealthy", "unauthenticated", "error")
    code = fields.String(metadata=about("Stable code of what is wrong, if anything."))
    remedy = fields.String(metadata=about("What to do about it."))


class EvidenceSchema(OmitEmpty):
    """Where a component's status comes from, and how old that is."""

    source = fields.Enum(Source, by_value=True, required=True)
    age_seconds = fields.Integer(required=True)


class MonitoredSchema(ComponentSchema):
    """What a trusted caller sees of every component that is checked over time."""

    since = Moment(required=True)
    evidence = fields.Nested(EvidenceSchema, required=True)


class Component(ABC):
    """One thing that has a status.

    ``unwell`` is its word for not healthy; ``status_schema`` writes it for everyone,
    ``schema`` for a trusted caller.
    """

    name: ClassVar[str]
    unwell: ClassVar[Status] = Status.UNHEALTHY
    status_schema: ClassVar[type[Schema]]
    schema: ClassVar[type[Schema]]


class Monitored(Component):
    """A component whose verdict the monitor keeps, from evidence."""

    @abstractmethod
    def judge(self, evidence: Evidence, now: datetime) -> Judgement | None:
        """Say what the evidence says; None: nothing new, the last verdict stands."""

    @abstractmethod
    def describe(
        self, evidence: Evidence, codes: Mapping[str, Code | None], now: datetime
    ) -> dict[str, Any]:
        """Return what ``schema`` shows beside the status; ``codes`` are everybody's."""

    def remedy(self, code: Code, evidence: Evidence) -> str | None:
        """Return the remedy in this very case, None for the code's own."""
        del code, evidence
        return None

    def retry_after(self, code: Code, evidence: Evidence, now: datetime) -> int | None:
        """Return in how many seconds it will be well again, where that is known."""
        del code, evidence, now
        return None

    def particulars(self, code: Code, evidence: Evidence) -> dict[str, Any]:
        """Return the fields of a problem's details that the contract has for a code."""
        del code, evidence
        return {}
