"""The upstream as real requests find it: whether it is reached, and whether it answers.

Unhealthy once three requests in a row did not get through to it (no DNS, no route, no
TLS) and none has since: another instance may have a network. Half-open after ten
seconds, later after up to a minute, so that a request can decide. An upstream that is
reached and fails (5xx, overloaded, late) is told in ``note`` and leaves this healthy:
no other instance would do better, and its answers tell clients when to come back.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import fields

from app.components.component import ComponentSchema, Monitored, MonitoredSchema
from app.components.evidence import Evidence, Judgement, Source
from app.contract.codes import Code
from app.contract.fields import about, status_of

_FAILING = "The last request failed at the upstream: {}."


class UpstreamStatusSchema(ComponentSchema):
    """The upstream, to everyone."""

    status = status_of("healthy", "unhealthy", "error")


class UpstreamSchema(MonitoredSchema, UpstreamStatusSchema):
    """The upstream, to a trusted caller."""

    unreached = fields.Integer(
        required=True,
        metadata=about("Requests in a row that did not get through to it."),
    )
    note = fields.String(metadata=about("How the last request failed, if it did."))


class Upstream(Monitored):
    """The Messages API behind the CLI."""

    name = "upstream"
    status_schema = UpstreamStatusSchema
    schema = UpstreamSchema

    def judge(self, evidence: Evidence, now: datetime) -> Judgement | None:
        """Say whether requests get through."""
        del now
        traffic = evidence.present_traffic
        if traffic.network.is_open(evidence.at):
            failed_at = traffic.network.failed_at
            return Judgement(Code.UPSTREAM_UNREACHABLE, Source.TRAFFIC, failed_at)
        if traffic.succeeded_at is not None:
            return Judgement(None, Source.TRAFFIC, traffic.succeeded_at)
        return Judgement(None, Source.STATIC)

    def describe(
        self, evidence: Evidence, codes: Mapping[str, Code | None], now: datetime
    ) -> dict[str, Any]:
        """Return how requests fail, if they do."""
        del codes, now
        traffic = evidence.present_traffic
        return {
            "unreached": traffic.network.failures,
            "note": _FAILING.format(traffic.failing) if traffic.failing else None,
        }
