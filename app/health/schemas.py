"""How health is written as JSON: the contract's fields, and ours beside them.

These schemas are also what the OpenAPI description is made of.
"""

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from app.components import COMPONENTS
from app.components.quota import QuotaWindowSchema
from app.contract.fields import Moment, OmitEmpty, about
from app.contract.problem import DetailsSchema, ServiceSchema


class HealthySchema(ServiceSchema):
    """``GET /health`` while all is well: the contract's body."""

    version = fields.String(required=True, metadata=about("The proxy's version."))


def _components(name: str, schemas: dict[str, type[Schema]]) -> type[Schema]:
    """Make the schema of all components, in their order."""
    nested = {
        component: fields.Nested(schema, required=True)
        for component, schema in schemas.items()
    }
    return OmitEmpty.from_dict(nested, name=name)  # type: ignore[arg-type]


ComponentStatusesSchema = _components(
    "ComponentStatusesSchema", {each.name: each.status_schema for each in COMPONENTS}
)
ComponentsSchema = _components(
    "ComponentsSchema", {each.name: each.schema for each in COMPONENTS}
)


class TransitionSchema(OmitEmpty):
    """One change of a component's status."""

    optional = ("code", "from_code")
    time = Moment(required=True)
    component = fields.String(required=True)
    before = fields.String(data_key="from", required=True)
    after = fields.String(data_key="to", required=True)
    code_before = fields.String(data_key="from_code", metadata=about("Why before."))
    code = fields.String(metadata=about("Why; absent where it is healthy again."))


class ConfigurationSchema(OmitEmpty):
    """The settings in force that the contract shows."""

    host = fields.String(required=True)
    port = fields.Integer(required=True)
    log_level = fields.String(required=True)
    cors_enabled = fields.Boolean(required=True)


class HealthStatusesSchema(ServiceSchema):
    """``GET /health/detailed`` to everyone."""

    version = fields.String(required=True, metadata=about("The proxy's version."))
    error = fields.String(metadata=about("What is wrong, if anything."))
    details = fields.Nested(DetailsSchema)
    components = fields.Nested(ComponentStatusesSchema, required=True)


class DetailedHealthSchema(HealthStatusesSchema):
    """``GET /health/detailed`` to a trusted caller."""

    components = fields.Nested(ComponentsSchema, required=True)
    configuration = fields.Nested(ConfigurationSchema, required=True)
    recent_changes = fields.List(fields.Nested(TransitionSchema), required=True)
    warnings = fields.List(fields.String())


class StateSchema(OmitEmpty):
    """The worst state of a component in a slot, and the healthy part of its time."""

    status = fields.String(
        required=True,
        allow_none=True,
        validate=OneOf(["healthy", "unhealthy", "error"]),
    )
    code = fields.String(
        required=True, allow_none=True, metadata=about("The worst code; null: none.")
    )
    healthy_ratio = fields.Float(
        required=True,
        allow_none=True,
        metadata=about("Of the time in which its state was known; null: it never was."),
    )


class QuantilesSchema(OmitEmpty):
    """How long requests took, in seconds; null where there were none."""

    p50 = fields.Float(required=True, allow_none=True)
    p95 = fields.Float(required=True, allow_none=True)
    p99 = fields.Float(required=True, allow_none=True)


class SlotSchema(StateSchema):
    """One minute, hour or day (UTC) of the service, as far as it was measured."""

    start = Moment(required=True)
    measured_seconds = fields.Float(required=True)
    components = fields.Dict(
        keys=fields.String(), values=fields.Nested(StateSchema), required=True
    )
    requests = fields.Integer(required=True, metadata=about("To the model."))
    failed_requests = fields.Integer(required=True)
    duration_seconds = fields.Nested(QuantilesSchema, required=True)
    first_token_seconds = fields.Nested(QuantilesSchema, required=True)
    tokens = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    cost_dollars = fields.Float(required=True, metadata=about("At list prices."))
    warm_processes = fields.Float(required=True, metadata=about("On average."))
    quota = fields.Dict(
        keys=fields.String(), values=fields.Nested(QuotaWindowSchema), required=True
    )


class HistorySchema(OmitEmpty):
    """``GET /health/history``; what nobody measured is in no slot."""

    service = fields.Constant("claude-proxy", metadata={"type": "string"})
    since = Moment(required=True)
    until = Moment(required=True)
    step_seconds = fields.Integer(required=True)
    healthy_ratio = fields.Float(required=True, allow_none=True)
    measured_ratio = fields.Float(required=True)
    slots = fields.List(fields.Nested(SlotSchema), required=True)
