"""The account's quota, as the upstream tells it: its windows, how full, until when.

It informs. It is unhealthy only while every request is rejected: a request was refused
for a window of the whole account, and the upstream said until when. It is well again
with the reset, the first success or another login. The upstream tells its quota with a
claude.ai login only, and the CLI passes it on where a request is refused: before that,
and with an API key, nothing is known.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import ceil
from typing import Any

from marshmallow import fields

from app.claude.login import Method
from app.components.component import ComponentSchema, Monitored, MonitoredSchema
from app.components.evidence import Evidence, Judgement, Source
from app.contract.codes import Code
from app.contract.fields import Moment, OmitEmpty, about, status_of

_UNASKED = "No request has told of the quota yet: one that is refused does."
_UNKNOWN = "The upstream tells its quota with a claude.ai login only."


class QuotaStatusSchema(ComponentSchema):
    """The quota, to everyone."""

    status = status_of("healthy", "unhealthy", "error")


class QuotaWindowSchema(OmitEmpty):
    """One window of the quota."""

    utilization = fields.Float(
        allow_none=True,
        required=True,
        metadata=about("The part that is used, from 0 to 1."),
    )
    resets_at = Moment(allow_none=True, required=True)


class QuotaSchema(MonitoredSchema, QuotaStatusSchema):
    """The quota, to a trusted caller; ``told`` is when the upstream last spoke of it.

    ``exhausted`` is the window for which every request is rejected.
    """

    optional = (*MonitoredSchema.optional, "exhausted")
    windows = fields.Dict(
        keys=fields.String(), values=fields.Nested(QuotaWindowSchema), required=True
    )
    exhausted = fields.String(metadata=about("The window that is used up, if any."))
    told = Moment(allow_none=True, required=True)
    note = fields.String(metadata=about("Why nothing is known, where nothing is."))


class Quota(Monitored):
    """The account's quota."""

    name = "quota"
    status_schema = QuotaStatusSchema
    schema = QuotaSchema

    def judge(self, evidence: Evidence, now: datetime) -> Judgement | None:
        """Say whether every request is rejected for the quota."""
        quota = evidence.present_traffic.quota
        if quota.exhausted and now.timestamp() < quota.until:
            exhausted_at = quota.exhausted_at
            return Judgement(Code.QUOTA_EXHAUSTED, Source.TRAFFIC, exhausted_at)
        if quota.told_at is not None:
            return Judgement(None, Source.TRAFFIC, quota.told_at)
        return Judgement(None, Source.STATIC)

    def describe(
        self, evidence: Evidence, codes: Mapping[str, Code | None], now: datetime
    ) -> dict[str, Any]:
        """Return the windows as last told, by name."""
        del now
        quota = evidence.present_traffic.quota
        login = evidence.facts.login if evidence.facts else None
        by_account = login is None or login.method in (None, Method.CLAUDE_AI)
        note = _UNASKED if by_account else _UNKNOWN
        return {
            "windows": {
                name: {
                    "utilization": window.utilization,
                    "resets_at": _moment(window.resets_at),
                }
                for name, window in quota.windows.items()
            },
            "exhausted": quota.exhausted if codes[self.name] else None,
            "told": quota.told,
            "note": None if quota.windows else note,
        }

    def retry_after(self, code: Code, evidence: Evidence, now: datetime) -> int | None:
        """Return the seconds until the reset."""
        if code != Code.QUOTA_EXHAUSTED:
            return None
        return max(1, ceil(evidence.present_traffic.quota.until - now.timestamp()))


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
